export { parseName, type ThreebotName } from "./identity/names.js";
export {
  deriveCredentials,
  serverSecret,
  sharedCredentials,
  type Credentials,
} from "./identity/credentials.js";
export { Access, type AccessOptions, type Caller } from "./owner-api/access.js";
export { allOwnerRoutes, createOwnerApp, type OwnerAppOptions } from "./owner-api/owner-app.js";
export type { OwnerRoutesOptions } from "./owner-api/owner-route.js";
export {
  createClient,
  type Client,
  type ClientOptions,
  type RemoteOwner,
  type SessionInfo,
  type SessionState,
  type TokenInfo,
} from "./owner-api/client.js";
export { createResticRepo, type ResticRepo, type ResticRepoOptions } from "./shell/restic-repo.js";
export type { SnapshotRow } from "./original-api/snapshot-row.js";
export {
  runMarketplace,
  type RunMarketplaceOptions,
  type RunningMarketplace,
} from "./marketplace/run-marketplace.js";
export { createMarketplace, type Marketplace, type MarketplaceOptions } from "./marketplace/marketplace.js";
export { issueTokenIn, listThreebotsIn, type ListedThreebot } from "./marketplace/operator.js";
export { createDeployer, type Deployer, type DeployerOptions } from "./deployer/deployer.js";
export { ProcessTarget, type ProcessTargetOptions } from "./deployer/process-target.js";
export { CommandTarget, type CommandTargetOptions } from "./deployer/command-target.js";
export { handover, type Handover, type Target } from "./deployer/target.js";
export { createOwnerService, type OwnerOptions } from "./owner/owner.js";
export type * from "./owner/service.js";
export { wallClock } from "./schedule/wall-clock.js";
