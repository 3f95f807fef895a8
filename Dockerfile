# All of tastic in one image: `tastic`, and `3bot-backup`.
FROM node:20-slim AS build
WORKDIR /tastic
COPY . .
RUN npm run build

FROM node:20-slim
COPY --from=build /tastic /opt/tastic
RUN ln -s /opt/tastic/packages/tastic/bin/tastic.js /usr/local/bin/tastic \
  && ln -s /opt/tastic/packages/threebot/bin/3bot-backup.js /usr/local/bin/3bot-backup \
  && mkdir /data && chown node:node /data
USER node
VOLUME /data
CMD ["tastic", "--help"]
