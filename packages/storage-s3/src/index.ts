export { formatS3Location, parseS3Location, type S3Location } from "./location.js";
export type {
  BucketLookup,
  S3Anonymous,
  S3CredentialChain,
  S3Credentials,
  S3Environment,
  S3Keys,
  S3Role,
  S3StorageOptions,
  S3TlsOptions,
} from "./options.js";
export { s3OptionsFrom, type S3Settings } from "./environment.js";
export { createS3Storage } from "./s3-storage.js";
export { openS3Bucket, type S3Bucket } from "./s3-bucket.js";
export { type S3Document, S3Documents } from "./s3-documents.js";
