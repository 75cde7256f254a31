// How does a family of faults say what it played?
/** Prints one line. */
export function reportFamily({
  family,
  cases,
  fired,
  lost,
  double,
  broken,
  seed,
}: {
  family: string;
  cases: number;
  fired: number;
  lost: number;
  double: number;
  broken: number;
  seed: number | string;
}): void {
  console.log(
    `${family}: ${cases} cases, ${fired} faults fired, ${lost} lost, ${double} double, ${broken} broken, seed ${seed}`,
  );
}
