import { late } from "../parts/late";

/** The YAML pane, whose editor comes only when it is asked for. */
export const YamlPart = late(async () => (await import("../yaml/YamlPane")).YamlPane, "part");
