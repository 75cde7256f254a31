// When is what has led to nothing tried again? Later each time, as long as it stands as it did then.
import { backOffMs, type Engine } from "./engine.ts";

export interface Patience {
  /** True while what stands so is to be left alone, because trying it has led to nothing. */
  isTooEarly(name: string, standing: string): boolean;
  noteVain(name: string, standing: string): void;
}

/** Of this process alone: another one, or the next, tries for itself. */
export function createPatience({ clock, settings }: Pick<Engine, "clock" | "settings">): Patience {
  const vain = new Map<string, { readonly standing: string; readonly times: number; readonly untilMs: number }>();
  const find = (name: string, standing: string) => {
    const known = vain.get(name);
    return known?.standing === standing ? known : null;
  };
  return {
    isTooEarly: (name, standing) => clock.monotonicMs() < (find(name, standing)?.untilMs ?? 0),
    noteVain: (name, standing) => {
      const times = find(name, standing)?.times ?? 0;
      vain.set(name, { standing, times: times + 1, untilMs: clock.monotonicMs() + backOffMs(settings, times) });
    },
  };
}
