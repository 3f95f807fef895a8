// Poly1305 (RFC 8439 section 2.5) in WebAssembly: four blocks at a time in SIMD lanes, the rest in 64-bit integers.
//
// A number modulo p = 2^130 - 5 is five limbs of 26 bits, so that a product of limbs, times five, summed up five
// times, stays below 2^64. 2^130 = 5 (mod p): what a product carries beyond limb 4 returns to limb 0 times five.
//
// One message at a time: write the 32-byte key at `keyAddress`, `begin()`; write up to `windowSize` bytes at
// `windowAddress` and `absorb(length)`, a multiple of 16, as often as needed; `finish(length)` takes the remaining
// bytes in the window (up to `windowSize`, any number) and leaves the tag at `tagAddress`.

const MASK: u64 = 0x3ffffff;

export const windowSize: i32 = 65536;
/** There are 16 bytes of room before the window and after it, for the caller. */
export const windowAddress: i32 = <i32>memory.data(16 + 65536 + 16, 16) + 16;
export const keyAddress: i32 = <i32>memory.data(32, 16);
export const tagAddress: i32 = <i32>memory.data(16, 16);

// Five limbs each, a limb in a u64: the accumulator, a block, and the powers r, r^2, r^3, r^4.
const H = memory.data(40, 16);
const BLOCK = memory.data(40, 16);
const R1 = memory.data(40, 16);
const R2 = memory.data(40, 16);
const R3 = memory.data(40, 16);
const R4 = memory.data(40, 16);
// Nine vectors each: five limbs for four lanes, then limbs 1 to 4 times five. EVERY has r^4 in all lanes, LAST has
// r^4, r^3, r^2, r: what the last four blocks are multiplied by before the lanes are summed up.
const EVERY = memory.data(144, 16);
const LAST = memory.data(144, 16);

let powersKnown = false;

/** Splits 16 bytes into limbs; `top` is the bit that marks the end of a block, at its place in limb 4. */
function split(to: usize, from: usize, top: u64): void {
  const low = load<u64>(from);
  const high = load<u64>(from, 8);
  store<u64>(to, low & MASK);
  store<u64>(to, (low >> 26) & MASK, 8);
  store<u64>(to, ((low >> 52) | (high << 12)) & MASK, 16);
  store<u64>(to, (high >> 14) & MASK, 24);
  store<u64>(to, (high >> 40) | top, 32);
}

/** Carries, so that limbs are below 2^26, limb 1 a little above. */
function reduce(to: usize, d0: u64, d1: u64, d2: u64, d3: u64, d4: u64): void {
  d1 += d0 >> 26;
  d2 += d1 >> 26;
  d3 += d2 >> 26;
  d4 += d3 >> 26;
  d0 = (d0 & MASK) + (d4 >> 26) * 5;
  store<u64>(to, d0 & MASK);
  store<u64>(to, (d1 & MASK) + (d0 >> 26), 8);
  store<u64>(to, d2 & MASK, 16);
  store<u64>(to, d3 & MASK, 24);
  store<u64>(to, d4 & MASK, 32);
}

/** to = a * b modulo p, carried but not fully reduced. `to` may be `a` or `b`. */
function multiply(to: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const a4 = load<u64>(a, 32);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  const b4 = load<u64>(b, 32);
  const c1 = b1 * 5;
  const c2 = b2 * 5;
  const c3 = b3 * 5;
  const c4 = b4 * 5;
  reduce(
    to,
    a0 * b0 + a1 * c4 + a2 * c3 + a3 * c2 + a4 * c1,
    a0 * b1 + a1 * b0 + a2 * c4 + a3 * c3 + a4 * c2,
    a0 * b2 + a1 * b1 + a2 * b0 + a3 * c4 + a4 * c3,
    a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + a4 * c4,
    a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0,
  );
}

/** H = (H + block) * r. */
function absorbBlock(from: usize, top: u64): void {
  split(BLOCK, from, top);
  for (let i: usize = 0; i < 40; i += 8) store<u64>(H + i, load<u64>(H + i) + load<u64>(BLOCK + i));
  multiply(H, H, R1);
}

/** The powers of r as the lanes need them; only for messages that are long enough to use them. */
function preparePowers(): void {
  multiply(R2, R1, R1);
  multiply(R3, R2, R1);
  multiply(R4, R2, R2);
  for (let i: usize = 0; i < 5; i++) {
    const every = i32x4.splat(load<u32>(R4 + i * 8));
    let last = i32x4.replace_lane(every, 1, load<u32>(R3 + i * 8));
    last = i32x4.replace_lane(last, 2, load<u32>(R2 + i * 8));
    last = i32x4.replace_lane(last, 3, load<u32>(R1 + i * 8));
    v128.store(EVERY + i * 16, every);
    v128.store(LAST + i * 16, last);
    if (i > 0) v128.store(EVERY + (i + 4) * 16, i32x4.mul(every, i32x4.splat(5)));
    if (i > 0) v128.store(LAST + (i + 4) * 16, i32x4.mul(last, i32x4.splat(5)));
  }
  powersKnown = true;
}

function low(a: v128, b: v128): v128 {
  return i64x2.extmul_low_i32x4_u(a, b);
}

function high(a: v128, b: v128): v128 {
  return i64x2.extmul_high_i32x4_u(a, b);
}

function sum(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  return i64x2.add(i64x2.add(i64x2.add(a, b), i64x2.add(c, d)), e);
}

function five(a: v128): v128 {
  return i64x2.add(a, i64x2.shl(a, 2));
}

/** The low words of a limb's four lanes, joined. */
function pack(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/** A limb's four lanes, summed up. */
function total(a: v128, b: v128): u64 {
  const both = i64x2.add(a, b);
  return i64x2.extract_lane(both, 0) + i64x2.extract_lane(both, 1);
}

/** Absorbs `groups` (at least one) times 64 bytes: lane i holds the sum over every fourth block from block i on. */
function absorbGroups(from: usize, groups: usize): void {
  const mask = i32x4.splat(0x3ffffff);
  const mask64 = i64x2.splat(0x3ffffff);
  const top = i32x4.splat(1 << 24);
  const zero = i32x4.splat(0);
  let h0 = i32x4.replace_lane(zero, 0, load<u32>(H));
  let h1 = i32x4.replace_lane(zero, 0, load<u32>(H, 8));
  let h2 = i32x4.replace_lane(zero, 0, load<u32>(H, 16));
  let h3 = i32x4.replace_lane(zero, 0, load<u32>(H, 24));
  let h4 = i32x4.replace_lane(zero, 0, load<u32>(H, 32));
  const end = from + groups * 64;

  while (true) {
    // Four blocks, turned so that lane i of w0 to w3 has the four words of block i.
    const x0 = v128.load(from);
    const x1 = v128.load(from, 16);
    const x2 = v128.load(from, 32);
    const x3 = v128.load(from, 48);
    const y0 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
    const y1 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
    const y2 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
    const y3 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
    const w0 = v128.shuffle<i64>(y0, y1, 0, 2);
    const w1 = v128.shuffle<i64>(y0, y1, 1, 3);
    const w2 = v128.shuffle<i64>(y2, y3, 0, 2);
    const w3 = v128.shuffle<i64>(y2, y3, 1, 3);
    h0 = i32x4.add(h0, v128.and(w0, mask));
    h1 = i32x4.add(h1, v128.and(v128.or(i32x4.shr_u(w0, 26), i32x4.shl(w1, 6)), mask));
    h2 = i32x4.add(h2, v128.and(v128.or(i32x4.shr_u(w1, 20), i32x4.shl(w2, 12)), mask));
    h3 = i32x4.add(h3, v128.and(v128.or(i32x4.shr_u(w2, 14), i32x4.shl(w3, 18)), mask));
    h4 = i32x4.add(h4, v128.or(i32x4.shr_u(w3, 8), top));

    from += 64;
    const factors = from == end ? LAST : EVERY;
    const r0 = v128.load(factors);
    const r1 = v128.load(factors, 16);
    const r2 = v128.load(factors, 32);
    const r3 = v128.load(factors, 48);
    const r4 = v128.load(factors, 64);
    const s1 = v128.load(factors, 80);
    const s2 = v128.load(factors, 96);
    const s3 = v128.load(factors, 112);
    const s4 = v128.load(factors, 128);

    // Lanes 0 and 1, then lanes 2 and 3: products are twice as wide as their factors.
    let a0 = sum(low(h0, r0), low(h1, s4), low(h2, s3), low(h3, s2), low(h4, s1));
    let a1 = sum(low(h0, r1), low(h1, r0), low(h2, s4), low(h3, s3), low(h4, s2));
    let a2 = sum(low(h0, r2), low(h1, r1), low(h2, r0), low(h3, s4), low(h4, s3));
    let a3 = sum(low(h0, r3), low(h1, r2), low(h2, r1), low(h3, r0), low(h4, s4));
    let a4 = sum(low(h0, r4), low(h1, r3), low(h2, r2), low(h3, r1), low(h4, r0));
    let b0 = sum(high(h0, r0), high(h1, s4), high(h2, s3), high(h3, s2), high(h4, s1));
    let b1 = sum(high(h0, r1), high(h1, r0), high(h2, s4), high(h3, s3), high(h4, s2));
    let b2 = sum(high(h0, r2), high(h1, r1), high(h2, r0), high(h3, s4), high(h4, s3));
    let b3 = sum(high(h0, r3), high(h1, r2), high(h2, r1), high(h3, r0), high(h4, s4));
    let b4 = sum(high(h0, r4), high(h1, r3), high(h2, r2), high(h3, r1), high(h4, r0));

    // Carries in two chains side by side (0 1 2 3 4, and 3 4 0 1), so that a step seldom waits for the one before.
    a1 = i64x2.add(a1, i64x2.shr_u(a0, 26));
    a4 = i64x2.add(a4, i64x2.shr_u(a3, 26));
    a2 = i64x2.add(a2, i64x2.shr_u(a1, 26));
    a0 = i64x2.add(v128.and(a0, mask64), five(i64x2.shr_u(a4, 26)));
    a3 = i64x2.add(v128.and(a3, mask64), i64x2.shr_u(a2, 26));
    a1 = i64x2.add(v128.and(a1, mask64), i64x2.shr_u(a0, 26));
    a4 = i64x2.add(v128.and(a4, mask64), i64x2.shr_u(a3, 26));
    a0 = v128.and(a0, mask64);
    a2 = v128.and(a2, mask64);
    a3 = v128.and(a3, mask64);
    b1 = i64x2.add(b1, i64x2.shr_u(b0, 26));
    b4 = i64x2.add(b4, i64x2.shr_u(b3, 26));
    b2 = i64x2.add(b2, i64x2.shr_u(b1, 26));
    b0 = i64x2.add(v128.and(b0, mask64), five(i64x2.shr_u(b4, 26)));
    b3 = i64x2.add(v128.and(b3, mask64), i64x2.shr_u(b2, 26));
    b1 = i64x2.add(v128.and(b1, mask64), i64x2.shr_u(b0, 26));
    b4 = i64x2.add(v128.and(b4, mask64), i64x2.shr_u(b3, 26));
    b0 = v128.and(b0, mask64);
    b2 = v128.and(b2, mask64);
    b3 = v128.and(b3, mask64);

    if (from == end) {
      reduce(H, total(a0, b0), total(a1, b1), total(a2, b2), total(a3, b3), total(a4, b4));
      return;
    }
    h0 = pack(a0, b0);
    h1 = pack(a1, b1);
    h2 = pack(a2, b2);
    h3 = pack(a3, b3);
    h4 = pack(a4, b4);
  }
}

/** Starts a message with the key at `keyAddress`: r, clamped here, then s. */
export function begin(): void {
  store<u64>(BLOCK, load<u64>(keyAddress) & 0x0ffffffc0fffffff);
  store<u64>(BLOCK, load<u64>(keyAddress, 8) & 0x0ffffffc0ffffffc, 8);
  split(R1, BLOCK, 0);
  memory.fill(H, 0, 40);
  powersKnown = false;
}

/** Absorbs `length` bytes of the window, a multiple of 16. */
export function absorb(length: i32): void {
  let from = <usize>windowAddress;
  const end = from + length;
  const groups = (<usize>length) >> 6;
  // Below four groups the powers cost more than the lanes save.
  if (powersKnown || groups > 3) {
    if (!powersKnown) preparePowers();
    if (groups > 0) absorbGroups(from, groups);
    from += groups << 6;
  }
  for (; from < end; from += 16) absorbBlock(from, 1 << 24);
}

/** Absorbs the last `length` bytes of the message and writes its tag. */
export function finish(length: i32): void {
  const whole = length & ~15;
  absorb(whole);
  if (whole < length) {
    // A partial block gets its end bit right after its last byte, then zeros.
    const from = <usize>windowAddress + whole;
    const rest = <usize>(length - whole);
    memory.fill(from + rest, 0, 16 - rest);
    store<u8>(from + rest, 1);
    absorbBlock(from, 0);
  }

  // Full carry: each limb has 26 bits, limb 4 perhaps one more.
  let h0 = load<u64>(H);
  let h1 = load<u64>(H, 8);
  let h2 = load<u64>(H, 16) + (h1 >> 26);
  let h3 = load<u64>(H, 24) + (h2 >> 26);
  let h4 = load<u64>(H, 32) + (h3 >> 26);
  h0 += (h4 >> 26) * 5;
  h1 = (h1 & MASK) + (h0 >> 26);
  h2 = (h2 & MASK) + (h1 >> 26);
  h3 = (h3 & MASK) + (h2 >> 26);
  h4 = (h4 & MASK) + (h3 >> 26);
  let low = (h0 & MASK) | ((h1 & MASK) << 26) | (h2 << 52);
  let high = ((h2 & MASK) >> 12) | ((h3 & MASK) << 14) | (h4 << 40);

  // h - p where h >= p: h + 5, if that reaches bit 130. Chosen without a branch.
  const low5 = low + 5;
  const high5 = high + u64(low5 < low);
  const choose = 0 - (((h4 >> 24) + u64(high5 < high)) >> 2);
  low ^= choose & (low ^ low5);
  high ^= choose & (high ^ high5);

  // tag = h + s modulo 2^128.
  const tag = low + load<u64>(keyAddress, 16);
  store<u64>(tagAddress, tag);
  store<u64>(tagAddress, high + load<u64>(keyAddress, 24) + u64(tag < low), 8);
}
