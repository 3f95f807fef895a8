// How restic 0.19.1 cut files made by data.ts, in three repositories: polynomials from `restic cat config`, chunks
// in order from `restic cat tree`, each with its length from `restic cat blob` and its id, the SHA-256 of it.
import type { Kind } from "./data.js";

export interface Vector {
  readonly kind: Kind;
  readonly seed: number;
  readonly length: number;
  readonly chunks: readonly (readonly [length: number, id: string])[];
}

export const repositories: readonly { readonly polynomial: string; readonly files: readonly Vector[] }[] = [
  {
    polynomial: "20255d2c07f3c3",
    files: [
      {
        kind: "noise",
        seed: 1,
        length: 12582912,
        chunks: [
          [1254323, "faeb89e20f59ce25ec9a62a798d1d50cd500a2bde2672127361c6d65ea241776"],
          [1052814, "521b465197840f0ffb3b2c4ecf772361af8d796d48828688d0bd619732ff68bd"],
          [2803023, "0aad10ffd3a5bcf444757af7f169bb896511bf5dff17a711d9873c4bfa62579f"],
          [848543, "b342dea774b5f0c2affc78b9e0118f4a6600f085c107415022a33e2c147c663d"],
          [2375030, "90db74f02749e62762334e6d252ebf57f195786b617a5ffcecbfb37d240ad1c6"],
          [581462, "9613cbd4a34662ed1a6f47e6967dc71b8c6f0b5b5afb5d5bdece53cdda0291e2"],
          [871331, "a28be7b171e00b13cd840d54520c6b4201ecde73d3e2533613e3bf81e00aa9b0"],
          [1654856, "60788e60ffcef26cb1b5cffe0a34d7eeaa1daec1779344cbd79cdd5df9cdd6f0"],
          [1141530, "5574657bcdc43c429d377fa9d8a2f25edd179a05c81e220ba07d6410905077ad"],
        ],
      },
      {
        kind: "text",
        seed: 2,
        length: 8388608,
        chunks: [
          [731723, "ed799f6d8f8345e15d2af4aefc9dfa22125f2d76c969aaf8dee5f382519bd572"],
          [3085225, "a5933f49e316d0b353168e04b4ad4a0bfa016dde393d440dffa59109ac1aba9a"],
          [529004, "ac5aff0dc1d312aa809bcdf4111a5af15f27120c2aa86139db70b0168c54445f"],
          [2466634, "dce896bfbc020b325d8e07a4e91a8cb747d8e7cb307b18d52fe34170c13d7f77"],
          [1576022, "549e53703de82d6d7b494a999b6781acf2684192e0529ea790eca47e9637af3c"],
        ],
      },
      {
        kind: "constant",
        seed: 0,
        length: 2097157,
        chunks: [
          [524288, "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541"],
          [524288, "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541"],
          [524288, "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541"],
          [524288, "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541"],
          [5, "8855508aade16ec573d21e6a485dfd0a7624085c1a14b5ecdd6485de0c6839a4"],
        ],
      },
      {
        kind: "constant",
        seed: 1,
        length: 17825792,
        chunks: [
          [8388608, "bb929bbdce85fdbc903a463e96630a25f8b6ef5b76090e24cd92ea8fb47b2f65"],
          [8388608, "bb929bbdce85fdbc903a463e96630a25f8b6ef5b76090e24cd92ea8fb47b2f65"],
          [1048576, "ee78cd29d3a534713b36e6ff6fa3668c8a8f851a542d5eb2401c25ca4e057d02"],
        ],
      },
      {
        kind: "noise",
        seed: 3,
        length: 524287,
        chunks: [[524287, "4f17fb4fc9e4b3476f603dbead912d75baf17cd176e2dc887d48608bf25dd127"]],
      },
      {
        kind: "noise",
        seed: 4,
        length: 524288,
        chunks: [[524288, "46ba1f325e554784cce4454c1555da7d358eb449786c7a1cf4ccfac2421d2883"]],
      },
      {
        kind: "noise",
        seed: 5,
        length: 524289,
        chunks: [[524289, "def790c8d7701b5121816e3da1f3ed4973cd569d86b961b6ae14315b5da2415f"]],
      },
    ],
  },
  {
    polynomial: "3754eaaa278247",
    files: [
      {
        kind: "noise",
        seed: 1,
        length: 12582912,
        chunks: [
          [2650242, "1d8b4ebdda3245361ea94f641d808b4083016ee4a6b1f1ce7cf151d51b715db9"],
          [1474112, "847003894386e2bff144fe3349410f7ec5c74b43e3e8e7cc77da10c435ce1656"],
          [545866, "86d3250a3af75e5e3b3f0ce2f065f89f2dfcab117a80ab1930d97dd43a0105e4"],
          [879352, "9714948ec19c4bc38ea6b33e7d46fd4dc84b161c32c9ea2b942f2c256c2a99b4"],
          [1529806, "782ce4a8497ec23efe2780b708783e402b7827558ad5ef41bfd00c77d10b76ef"],
          [730830, "67bc9f985a4009487fb04aabc6ea70992238ef54fcd9a7bae91a2ca1f3dfc3d3"],
          [1707303, "5d2fe111ceef8183675644d6aa664b16d192aca9829692c7d28157baeb947d37"],
          [3065401, "de205559bf8a5afa2632dbe613d631908d1bdc7ab89f4596e854ace6089b1ff6"],
        ],
      },
      {
        kind: "image",
        seed: 6,
        length: 9437184,
        chunks: [
          [524288, "367782ff6b056662bc517f30e21a2dea67d11d5109c1e4154a6763164f5617b4"],
          [524288, "a982fca3ebaabbec375ad65e0f21ba96d20ce90f79f62d466065883c1994a764"],
          [524288, "dc5f2e9930d7dac45f4855fef310e3f4183383eaebc0c206f0be97f856c4321d"],
          [524288, "df5d3c05e6d3c977197e9fb28a69c702a8882895d25a502da6671c394a9a2722"],
          [524288, "2605dcda652a0eef0dbf718823c3c249777a8e9e8f19f411dfa94b75dd65acce"],
          [524288, "088f7ab2068aee171818999da3498c2b70b8cd91e4eb52a16388d19ac5c431ff"],
          [524288, "367782ff6b056662bc517f30e21a2dea67d11d5109c1e4154a6763164f5617b4"],
          [524288, "a982fca3ebaabbec375ad65e0f21ba96d20ce90f79f62d466065883c1994a764"],
          [524288, "dc5f2e9930d7dac45f4855fef310e3f4183383eaebc0c206f0be97f856c4321d"],
          [524288, "df5d3c05e6d3c977197e9fb28a69c702a8882895d25a502da6671c394a9a2722"],
          [524288, "2605dcda652a0eef0dbf718823c3c249777a8e9e8f19f411dfa94b75dd65acce"],
          [524288, "088f7ab2068aee171818999da3498c2b70b8cd91e4eb52a16388d19ac5c431ff"],
          [524288, "367782ff6b056662bc517f30e21a2dea67d11d5109c1e4154a6763164f5617b4"],
          [524288, "a982fca3ebaabbec375ad65e0f21ba96d20ce90f79f62d466065883c1994a764"],
          [524288, "dc5f2e9930d7dac45f4855fef310e3f4183383eaebc0c206f0be97f856c4321d"],
          [524288, "df5d3c05e6d3c977197e9fb28a69c702a8882895d25a502da6671c394a9a2722"],
          [524288, "2605dcda652a0eef0dbf718823c3c249777a8e9e8f19f411dfa94b75dd65acce"],
          [524288, "088f7ab2068aee171818999da3498c2b70b8cd91e4eb52a16388d19ac5c431ff"],
        ],
      },
      {
        kind: "text",
        seed: 7,
        length: 6291579,
        chunks: [
          [4144851, "aeff372326b0f456fbc233c87fea8ccec29522ae1f8592b6d6be513c4c0db201"],
          [716618, "205568a09de3e3ea80722ac23d10d6f35dfc29830d6a41bf4b2c107fcb55e077"],
          [880044, "b13acd3d82aa535367dfa9dead78c85338e2f4c98cf77aabad8e40d9e7d4fd2b"],
          [550066, "cd0d748598e24ae53fa94dbc3e0b12cadadc1405b30c0a728fd2913c540d3fb2"],
        ],
      },
    ],
  },
  {
    polynomial: "30ea37f7922663",
    files: [
      {
        kind: "noise",
        seed: 8,
        length: 16777216,
        chunks: [
          [1136452, "82bb2e7e34561162ed6729ced14f1e5b7c9bbca73c2169670f2fd031b4cd702a"],
          [644671, "50c1bcf934f5f0ae1dd399311a669148ac3ada3be9c7704388e5f9a343e34c3e"],
          [5988245, "d04d24e5e76bfa4b0ac187e530fea6c4e0d69c915802fa0bf694980180b36466"],
          [1650686, "f75e86c8ad6f6d23f4646f7bde2db475a12cbc6731f1639f3efbdfa91fe1bc72"],
          [1864232, "d838c3a7ccfcd2c8253a8fc9aff3bb920824305a3ce18274339dd9620fdb249f"],
          [1221997, "3fac771312bdee445b7d18a39ef0765bec8136b326ad9bebbd3d4062a1ea8361"],
          [1367760, "44cd8c77ea719898a3fe57ffe170c5a009039e2a3429208173012a73e29c277c"],
          [669814, "fafcebefd40f1245928596307791dea1c500368619350edfafe767a5fd580cb0"],
          [1034283, "1adbc1ec7092b756a920ea0880922dfbdc51530a9207929111e67af8813f35ed"],
          [1199076, "0c25b4fcc20de90632f6380b3fd06028e3c4d2ab71f80b46d8aebe264bca141b"],
        ],
      },
      {
        kind: "image",
        seed: 9,
        length: 4194304,
        chunks: [
          [524288, "89cc4979221620c1cd8dc5ea2ff9bbefe19bfc7d265048bd73e3dab714de51cb"],
          [524288, "368f5a278aaa5fc18861306944d9c6be2068da09fcc6a3f17235d17a93fcf9a5"],
          [524288, "d42dc2321c145126afe2db5f5c0e47fad5ba49224c2ae280e24439fb3669fbbd"],
          [524288, "bfe9e96ca3ba65465e343cfcdf8e9a7f953cd3ea13f1462eee13624db4541869"],
          [524288, "b3429243b3744cc88a242212504653d8924b980ab11ed8d27950819b66bd1c2b"],
          [524288, "fc0eda6b9b1890392196b85e40f5dfded8dbf519eb85f9f1f339698d672276f7"],
          [524288, "89cc4979221620c1cd8dc5ea2ff9bbefe19bfc7d265048bd73e3dab714de51cb"],
          [524288, "368f5a278aaa5fc18861306944d9c6be2068da09fcc6a3f17235d17a93fcf9a5"],
        ],
      },
    ],
  },
];
