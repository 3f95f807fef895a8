/** Repositories in S3 buckets. */
import { createS3Storage, parseS3Location, s3OptionsFrom } from "@tastic/storage-s3";
import type { OpenStore } from "./store.js";
import { parseWith } from "./parse-with.js";

export const openStore: OpenStore = ({ location, extended, variables, tls, userAgent }) =>
  createS3Storage({
    ...s3OptionsFrom({ environment: variables, extended }),
    location: parseWith(parseS3Location, location),
    tls: {
      certificateAuthorities: tls.caCertificates,
      clientCertificate: tls.clientCertificate,
      insecure: tls.insecure,
    },
    userAgent,
  });
