import { createFaultStorage, createMemoryStorage } from "@tastic/storage";
import { storageConformance } from "./conformance.js";

storageConformance("memory", async () => createMemoryStorage());
storageConformance("fault (without faults)", async () =>
  createFaultStorage(createMemoryStorage(), () => undefined),
);
