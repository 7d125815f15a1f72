import { z } from "zod";

/** An id of a request, a draft or the like, in lower case, as it is signed and compared. */
export const uuid = z.uuid().toLowerCase();

/** The address of a request. */
export const anId = z.object({ id: uuid });
