// The deployer of the fake service.
import { Refusal } from "./refusal.mjs";

export function deploymentOf(state, name) {
  const found = state.deployments.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Refusal(404, "not-found", `there is no 3Bot ${name}`);
  return found;
}

export function deployerRoute(state, path, body) {
  const [, what, name, change] = path;
  if (what === "check") {
    const allowed = /^[a-z0-9]([a-z0-9]|[._-](?=[a-z0-9]))+$/.test(body.name);
    const known = ["carol", "alice"].includes(body.name);
    const running = state.deployments.some((one) => one.name === body.name && one.state === "running");
    return { known, running, allowed, ...(allowed ? {} : { problem: "No 3Bot can have this name." }) };
  }
  if (what === "strength") {
    const score = Math.min(4, Math.floor(body.password.length / 5));
    return { score, guidance: score < 3 ? "Add a word or two." : "A good password.", enough: score >= 3 };
  }
  if (what === "find") {
    const right = body.password === "the right password";
    return {
      copies: [
        {
          url: "https://backup1.example/carol/",
          snapshots: right ? 14 : 0,
          ...(right
            ? { newest: "2026-11-26T21:04:00Z" }
            : { problem: { code: "wrong-password", message: "the password is another one" } }),
        },
        {
          url: "https://backup2.example/carol/",
          snapshots: 0,
          problem: {
            code: "storage-failed",
            message: right ? "the server does not answer" : "the password is another one",
          },
        },
      ],
    };
  }
  if (what === "create" || what === "recover") {
    const made = {
      name: body.name,
      state: "starting",
      step: "asking for a place",
      started: new Date().toISOString(),
    };
    state.deployments.push(made);
    setTimeout(() => Object.assign(made, { step: "bringing the backups back" }), state.runTime).unref();
    setTimeout(
      () => Object.assign(made, { state: "running", address: `https://${body.name}.3bot.example/` }),
      2 * state.runTime,
    ).unref();
    return made;
  }
  const one = deploymentOf(state, name);
  if ((change === "move" || change === "destroy") && body.password !== "the right password") {
    throw new Refusal(
      403,
      "wrong-password",
      "that is not its recovery password",
      "It is the one that was chosen for this 3Bot.",
    );
  }
  if (change === "undo") Object.assign(one, { state: "stopped", undoUntil: undefined });
  if (change === "stop") Object.assign(one, { state: "stopped", address: undefined });
  if (change === "start" || change === "move") Object.assign(one, { state: "running", problem: undefined });
  if (change === "destroy") {
    if (body.confirm !== name) throw new Refusal(400, "invalid-argument", "the name is not the same");
    Object.assign(one, { state: "destroying", undoUntil: new Date(Date.now() + 6e8).toISOString() });
  }
  return one;
}
