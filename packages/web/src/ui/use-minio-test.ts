/** Tries the connection when all fields are filled and nobody has typed for a moment. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { asApiError, type ApiError } from "../api/api-error.js";
import { owner, type Finding } from "../api/owner.js";
import { filledIn, minioOf, type TypedMinio } from "./minio-fields.js";

export interface MinioTest {
  readonly testing: Ref<boolean>;
  readonly finding: ShallowRef<Finding | undefined>;
  readonly error: ShallowRef<ApiError | undefined>;
  test(): Promise<void>;
}

const pause = 600;

export function useMinioTest(fields: Ref<TypedMinio>): MinioTest {
  const testing = ref(false);
  const finding = shallowRef<Finding>();
  const error = shallowRef<ApiError>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest = 0;

  const test = async (): Promise<void> => {
    const mine = ++newest;
    testing.value = true;
    error.value = undefined;
    try {
      const answer = await owner.testMinio(minioOf(fields.value));
      if (mine === newest) finding.value = answer;
    } catch (thrown) {
      if (mine === newest) error.value = asApiError(thrown);
    } finally {
      if (mine === newest) testing.value = false;
    }
  };
  watch(
    fields,
    () => {
      newest++;
      testing.value = false;
      finding.value = undefined;
      error.value = undefined;
      clearTimeout(timer);
      if (filledIn(fields.value)) timer = setTimeout(() => void test(), pause);
    },
    { deep: true },
  );
  onScopeDispose(() => clearTimeout(timer));
  return { testing, finding, error, test };
}
