/** Our storage on OpenSSH's own SFTP server, without ssh in between. */
import { join } from "node:path";
import { createSftpStorage, parseSftpLocation } from "@tastic/storage-sftp";
import { describeWithSftpServer, sftpServer, temporaryFolder } from "../../../test/support/peers.js";
import { storageConformance } from "../../storage/test/conformance.js";

describeWithSftpServer("on OpenSSH's sftp-server", () => {
  storageConformance("SFTP", async () => {
    const folder = join(await temporaryFolder(), "deep", "repository");
    return createSftpStorage({ location: parseSftpLocation(`sftp:host:${folder}`), command: [sftpServer!] });
  });
});
