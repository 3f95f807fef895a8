// A request that the fake service turns down, as the real one does: with a status, a code, and what to do.
export class Refusal extends Error {
  constructor(status, code, message, guidance) {
    super(message);
    Object.assign(this, { status, code, guidance });
  }
}
