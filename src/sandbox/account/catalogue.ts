// Which licences and tariffs does a fresh simulated account have?
import type { Licence, Tariff } from "./model.ts";

/** Tariff ids of the documentation for accounts outside Russia; the prices are made up. */
export const defaultTariffs: readonly Tariff[] = [
  {
    id: "23221",
    name: "DDoS-GUARD",
    intname: "DDoSGUARD",
    itemtype: "41",
    currency: "EUR",
    costs: { 1: "10.00", 6: "57.00", 12: "108.00" },
  },
  {
    id: "55371",
    name: "BitNinja",
    intname: "bitninja",
    itemtype: "41",
    currency: "EUR",
    costs: { 1: "9.90", 6: "56.00", 12: "108.00" },
  },
  {
    id: "55362",
    name: "Dr.Web pro",
    intname: "drwebpro",
    itemtype: "41",
    currency: "EUR",
    costs: { 1: "4.50", 12: "48.60" },
    editions: ["ispmanager pro"],
  },
];

const term = { createdate: "2026-01-05", expiredate: "2027-12-05" };

export const defaultLicences: readonly Licence[] = [
  { id: "1234567", licname: "web01", ip: "192.0.2.10", pricelist: "ispmanager pro", status: 2, ...term },
  { id: "1234568", licname: "web02", ip: "192.0.2.11", pricelist: "ispmanager pro", status: 2, ...term },
  { id: "1234569", licname: "web03", ip: "192.0.2.12", pricelist: "ispmanager pro", status: 2, ...term },
  { id: "1234570", licname: "web04", ip: "192.0.2.13", pricelist: "ispmanager host", status: 2, ...term },
  { id: "1234571", licname: "old01", ip: "192.0.2.14", pricelist: "ispmanager lite", status: 3, ...term },
];
