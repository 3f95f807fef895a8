/**
 * Amazon's library as the storage uses it: loaded with the first request, told everything that it would otherwise look
 * up in the user's files and variables, and without attempts of its own to try again.
 */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions } from "node:https";
import { proxyAgent } from "@tastic/storage";
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { identityProvider } from "./credentials.js";
import { tlsSettings } from "./tls-settings.js";
import { endpointUrl, regionOfHost, usesPathStyle } from "./endpoint.js";
import type { S3StorageOptions } from "./options.js";
import { regionHint, statusOf } from "./service-error.js";

export type Sdk = typeof import("@aws-sdk/client-s3");

/** How long a connection may take to come about, in milliseconds. */
const connectionTimeout = 30_000;

/** For how long a connection waits for its next request: less than servers do, or it is cut when it is used again. */
const idleTimeout = 15_000;

/** So many bytes may wait in a connection for the kernel, so that it has something to send while we are busy. */
const sendAhead: object = { writableHighWaterMark: 2 * 1024 * 1024 };

const nothing = (): void => {};
const silence = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

export class S3Connection {
  readonly #options: S3StorageOptions;
  readonly #agentOptions: HttpsAgentOptions;
  #agents: Promise<Agents> | undefined;
  readonly #identity: ReturnType<typeof identityProvider>;
  #region: string;
  #client: Promise<{ readonly sdk: Sdk; readonly client: S3Client }> | undefined;
  #answered = false;

  constructor(options: S3StorageOptions) {
    const { location } = options;
    this.#options = options;
    this.#identity = identityProvider(options.credentials);
    this.#region = options.region ?? regionOfHost(location) ?? "us-east-1";
    this.#agentOptions = {
      keepAlive: true,
      timeout: idleTimeout,
      ...sendAhead,
      ...tlsSettings(options.tls),
      ...(options.lookup && { lookup: options.lookup }),
    };
  }

  /** Has the server ever answered? Until it has, an error of the network is probably one of the location. */
  get answered(): boolean {
    return this.#answered;
  }

  /** The region that requests are signed for. */
  get region(): string {
    return this.#region;
  }

  /**
   * Does `work` with the client. Where the server says that the bucket is in another region, and the user has not
   * chosen one, it is done again with a client for that one.
   */
  async run<T>(work: (client: S3Client, sdk: Sdk) => Promise<T>): Promise<T> {
    const region = this.#region;
    try {
      return await this.#attempt(work);
    } catch (error) {
      const hint = regionHint(error);
      const chosen = this.#options.region !== undefined;
      if (chosen || hint === undefined || hint === region) throw error;
      if (this.#region !== hint) {
        this.#region = hint;
        this.#client = undefined;
      }
      return this.#attempt(work);
    }
  }

  async #attempt<T>(work: (client: S3Client, sdk: Sdk) => Promise<T>): Promise<T> {
    this.#client ??= this.#connect(this.#region);
    const { client, sdk } = await this.#client;
    try {
      const result = await work(client, sdk);
      this.#answered = true;
      return result;
    } catch (error) {
      if (statusOf(error) !== undefined) this.#answered = true;
      throw error;
    }
  }

  async #connect(region: string): Promise<{ readonly sdk: Sdk; readonly client: S3Client }> {
    // The library would announce on standard error that it will drop this version of Node.
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    const sdk = await import("@aws-sdk/client-s3");
    const client = new sdk.S3Client(await this.#configuration(region));
    client.middlewareStack.add(
      (next) => (args) => {
        // Node sends an agent's name as the library forms it; a user who gives one wants exactly that.
        const request = args.request as { readonly headers: Record<string, string> };
        if (this.#options.userAgent !== undefined) request.headers["user-agent"] = this.#options.userAgent;
        return next(args);
      },
      { step: "finalizeRequest", name: "tasticUserAgent", priority: "low" },
    );
    return { sdk, client };
  }

  async #configuration(region: string): Promise<S3ClientConfig> {
    const { location, bucketLookup = "auto", credentials } = this.#options;
    const endpoint = endpointUrl(location, region);
    this.#agents ??= this.#makeAgents(new URL(endpoint));
    const agents = await this.#agents;
    return {
      region,
      endpoint,
      forcePathStyle: usesPathStyle(location, bucketLookup),
      credentials: this.#identity as S3ClientConfig["credentials"],
      ...(credentials.kind === "anonymous" ? { signer: { sign: async (request) => request } } : {}),
      maxAttempts: 1,
      // It has words for the terminal about requests that it does not repeat.
      logger: silence,
      // A clock that is wrong is to be put right, since locks depend on it.
      disableClockSkewCorrection: true,
      // Servers other than Amazon's, and old ones, refuse the library's newer checksums.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      // The library does not wait for the answer anyway when the agent is ours.
      expectContinueHeader: false,
      requestHandler: { ...agents, connectionTimeout, requestTimeout: 0, socketTimeout: 0 },
      // What is not given here, the library takes from variables and ~/.aws/config.
      defaultsMode: "standard",
      retryMode: "standard",
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      useArnRegion: false,
      disableMultiregionAccessPoints: true,
      disableS3ExpressSessionAuth: true,
      followRegionRedirects: false,
      sigv4aSigningRegionSet: [region],
      authSchemePreference: [],
      userAgentAppId: "tastic",
    };
  }

  /** Ends all connections, also those in use. */
  async close(): Promise<void> {
    const agents = await this.#agents?.catch(() => undefined);
    agents?.httpAgent.destroy();
    agents?.httpsAgent.destroy();
  }

  async #makeAgents({ protocol, hostname, port }: URL): Promise<Agents> {
    const destination = {
      tls: protocol === "https:",
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: port === "" ? undefined : Number(port),
    };
    const proxied = await proxyAgent(this.#options.proxy, destination, this.#agentOptions);
    if (proxied !== undefined) return { httpAgent: proxied, httpsAgent: proxied as HttpsAgent };
    return { httpAgent: new HttpAgent(this.#agentOptions), httpsAgent: new HttpsAgent(this.#agentOptions) };
  }
}
