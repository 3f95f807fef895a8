/** Repositories on REST servers. */
import { createRestStorage, parseRestLocation, restOptionsFrom } from "@tastic/storage-rest";
import type { OpenStore } from "./store.js";
import { parseWith } from "./parse-with.js";

export const openStore: OpenStore = ({ location, extended, variables, tls, userAgent }) =>
  createRestStorage({
    ...restOptionsFrom({ environment: variables, extended }),
    location: parseWith(parseRestLocation, location),
    caCertificates: tls.caCertificates,
    clientCertificate: tls.clientCertificate,
    insecureTls: tls.insecure,
    userAgent,
  });
