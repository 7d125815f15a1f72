import type { Command } from "commander";

const help = `
It completes the command \`tenants\`: \`npm link\` in this folder puts it on the PATH.
  bash: eval "$(tenants completion bash)"          in ~/.bashrc
  zsh:  eval "$(tenants completion zsh)"           in ~/.zshrc, after compinit
  fish: tenants completion fish > ~/.config/fish/completions/tenants.fish`;

/** Replaces the function of the package bash-completion that the script for bash calls: not every machine has it. */
const bashWithoutPackage = `declare -F _get_comp_words_by_ref > /dev/null || _get_comp_words_by_ref() {
    cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
}
`;

/**
 * Adds `completion <shell>`, which prints a script for that shell, and the hidden command that returns the
 * completions to the script.
 *
 * @param program with all its commands
 */
export async function addCompletion(program: Command): Promise<void> {
  const { default: complete } = await import("@bomb.sh/tab/commander");
  complete(program, { completionCommandName: "completion" });
  program.commands
    .find((command) => command.name() === "completion")
    ?.description("Print the shell completion script for this command.")
    .addHelpText("after", help)
    .hook("preAction", (_program, { args: [shell] }) => {
      if (shell === "bash") process.stdout.write(bashWithoutPackage);
    });
}
