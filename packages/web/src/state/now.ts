/** The time, for "3 minutes ago": moves on twice a minute. */
import { ref } from "vue";

export const now = ref(Date.now());

setInterval(() => {
  now.value = Date.now();
}, 30_000);
