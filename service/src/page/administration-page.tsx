import { longestReason } from "pulumi-resistant-tenants/internal/reason";
import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import type { NoticeView } from "../notices/list";
import { Time } from "./parts";

/** A pause of a stage, or of all. */
interface Pause {
  stage?: Stage | undefined;
  reason: string;
  pausedBy: { id: string; name?: string | undefined };
  pausedAt: string;
}

/** The page for administrators: pauses, and undelivered notices. */
export function AdministrationPage(props: {
  pauses: readonly Pause[];
  failed: readonly NoticeView[];
  stages: readonly Stage[];
  mayPause: boolean;
}) {
  const { pauses, failed, stages, mayPause } = props;
  return (
    <>
      <h2>Pause</h2>
      {pauses.length === 0 && <p>Nothing is paused.</p>}
      {pauses.map((pause) => (
        <section key={pause.stage ?? "*"}>
          <p>
            <strong>{pause.stage ?? "Every stage"}</strong> is paused since <Time at={pause.pausedAt} /> by{" "}
            {pause.pausedBy.name ?? pause.pausedBy.id}: {pause.reason}
          </p>
          {mayPause && (
            <PauseForm stage={pause.stage ?? ""} paused="no" button={`Resume ${pause.stage ?? "all"}`} />
          )}
        </section>
      ))}
      {mayPause && (
        <details>
          <summary>Pause the work</summary>
          <p>While paused, no new request is applied. Running ones finish.</p>
          <form method="post" action="/administration/pause">
            <input type="hidden" name="paused" value="yes" />
            <label>
              Stage
              <select name="stage">
                <option value="">every stage</option>
                {stages.map((stage) => (
                  <option key={stage}>{stage}</option>
                ))}
              </select>
            </label>
            <label>
              Why
              <input name="reason" maxLength={longestReason} required />
            </label>
            <button class="secondary">Pause</button>
          </form>
        </details>
      )}
      <h2>Undelivered</h2>
      {failed.length === 0 ? (
        <p>Every mail and every message to other systems was delivered, or will be retried.</p>
      ) : (
        <ul class="rows">
          {failed.map(({ id, channel, topic, request, attempts, problem, createdAt }) => (
            <li key={id}>
              <Time at={createdAt} /> {channel}, {topic}
              {request !== undefined && (
                <>
                  , about <a href={`/requests/${request}`}>a request</a>
                </>
              )}
              : {problem ?? "unknown reason"} ({attempts} attempts)
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function PauseForm({ stage, paused, button }: { stage: string; paused: "yes" | "no"; button: string }) {
  return (
    <form method="post" action="/administration/pause">
      <input type="hidden" name="paused" value={paused} />
      <input type="hidden" name="stage" value={stage} />
      <label>
        Why
        <input name="reason" maxLength={longestReason} required />
      </label>
      <button class="secondary">{button}</button>
    </form>
  );
}
