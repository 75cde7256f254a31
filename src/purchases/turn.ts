// What becomes of a turn whose work was not done to its end?

/** Whether `work` fails or its result is not whole: the turn is given back, for whichever process is there. */
export async function useTurn<T>(
  work: () => Promise<T>,
  { isWhole, giveBack }: { isWhole: (result: T) => boolean; giveBack: () => Promise<void> },
): Promise<T> {
  const result = await work().catch(async (error: unknown) => {
    await giveBack();
    throw error;
  });
  if (!isWhole(result)) await giveBack();
  return result;
}
