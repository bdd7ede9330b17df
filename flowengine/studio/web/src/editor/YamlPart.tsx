import { lazy, Suspense, type ComponentProps, type ReactNode } from "react";
import { strings } from "../strings";

const YamlPane = lazy(async () => ({ default: (await import("../yaml/YamlPane")).YamlPane }));

/** The YAML pane, whose editor comes only when it is asked for. */
export function YamlPart(props: ComponentProps<typeof YamlPane>): ReactNode {
  return (
    <Suspense fallback={<p className="empty">{strings.common.loading}</p>}>
      <YamlPane {...props} />
    </Suspense>
  );
}
