import { useLocalEnvironment } from "../sandbox/environment";
import { closeShared, startShared } from "./engine/engine";

/**
 * Installs or builds what engine tests share, where the cache lacks it. Otherwise each of the processes in which they run
 * would do so at once with the others, until their suites time out.
 */
async function main(): Promise<void> {
  useLocalEnvironment();
  await startShared((line) => {
    console.log(line);
  });
  await closeShared();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
