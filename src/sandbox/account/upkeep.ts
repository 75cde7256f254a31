// What has the account done by itself since it was last asked?
import { addDays, type Day } from "./dates.ts";
import { type Model, type Module, today } from "./model.ts";
import { renewModule } from "./renewals.ts";

const deletedAfterDays = 30;

/** Carries out what is due by the clock: activations, renewals, expiries. Called before every request and reading. */
export function catchUp(model: Model): void {
  keepAppointments(model, ({ dueAt }) => dueAt !== null && dueAt <= model.clock.now().getTime());
  const day = today(model);
  for (const module of model.state.modules) expire(model, module, day);
}

/** Activates now what waits for it: one module, or all. */
export function activateNow(model: Model, moduleId?: string): void {
  keepAppointments(model, (appointment) => moduleId === undefined || appointment.moduleId === moduleId);
}

function keepAppointments(model: Model, isDue: (appointment: Model["appointments"][number]) => boolean): void {
  const due = model.appointments.filter(isDue);
  model.appointments = model.appointments.filter((appointment) => !due.includes(appointment));
  for (const { run } of due) run();
}

/** Renewed when auto-renewal is on and the balance suffices; else suspended, and deleted after 30 days (reference 7). */
function expire(model: Model, module: Module, day: Day): void {
  while (module.status === 2 && module.autoprolong !== null && module.expiredate <= day) {
    const end = module.expiredate;
    renewModule(model, module, { periodMonths: module.autoprolong, requestNumber: null });
    if (module.expiredate <= end) break;
  }
  if (module.status === 2 && module.expiredate < day) module.status = 3;
  if (module.status === 3 && addDays(module.expiredate, deletedAfterDays) < day) module.status = 4;
}
