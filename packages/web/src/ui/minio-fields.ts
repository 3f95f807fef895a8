/** The fields of an S3 store, as they are typed. */
import type { MinioFields } from "../api/owner.js";

export interface TypedMinio {
  url: string;
  accessKey: string;
  secretKey: string;
  password: string;
  bucket: string;
  prefix: string;
}

export function emptyMinio(): TypedMinio {
  return { url: "", accessKey: "", secretKey: "", password: "", bucket: "", prefix: "" };
}

export function filledIn({ url, accessKey, secretKey, password }: TypedMinio): boolean {
  return [url, accessKey, secretKey, password].every((field) => field.trim() !== "");
}

/** As they are sent. A password is taken as it is; spaces around the rest come from copying. */
export function minioOf({ url, accessKey, secretKey, password, bucket, prefix }: TypedMinio): MinioFields {
  return {
    url: url.trim(),
    accessKey: accessKey.trim(),
    secretKey: secretKey.trim(),
    password,
    ...(bucket.trim() === "" ? {} : { bucket: bucket.trim() }),
    ...(prefix.trim() === "" ? {} : { prefix: prefix.trim() }),
  };
}
