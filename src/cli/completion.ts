import { Argument, Command } from 'commander';
import type { Io } from './command.js';
import { COMMANDS } from './registry.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function build(io: Io): Command {
  return new Command('completion')
    .description('Print the completion script of a shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: Shell) => {
      io.stdout.write(SCRIPTS[shell](await describeCommands(io)));
    });
}

const EXAMPLES = `
Examples:
  hitless completion bash > /etc/bash_completion.d/hitless
  hitless completion zsh > "\${fpath[1]}/_hitless"
  hitless completion fish > ~/.config/fish/completions/hitless.fish
`;

interface Described {
  readonly name: string;
  readonly summary: string;
  /** Long options and subcommands. */
  readonly words: readonly string[];
}

async function describeCommands(io: Io): Promise<readonly Described[]> {
  const entries = Object.entries(COMMANDS);
  return await Promise.all(
    entries.map(async ([name, { summary, load }]) => {
      const command = (await load()).build(io);
      return { name, summary, words: [...wordsOf(command), '--help'] };
    }),
  );
}

function wordsOf(command: Command): readonly string[] {
  const options = command.options
    .map(({ long }) => long)
    .filter((long) => typeof long === 'string');
  const subs = command.commands.flatMap((sub) => [sub.name(), ...wordsOf(sub)]);
  return [...new Set([...subs, ...options])];
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Described[]) => string>> = {
  bash: bashScript,
  zsh: (commands) =>
    `#compdef hitless\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`,
  fish: fishScript,
};

function bashScript(commands: readonly Described[]): string {
  const cases = commands.map(({ name, words }) => `    ${name}) words="${words.join(' ')}" ;;`);
  return `_hitless() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')} help --help --version"
  else case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _hitless hitless
`;
}

function fishScript(commands: readonly Described[]): string {
  const lines = commands.flatMap(({ name, summary, words }) => [
    `complete -c hitless -n __fish_use_subcommand -a ${name} -d '${summary}'`,
    ...words.map((word) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c hitless -n '__fish_seen_subcommand_from ${name}' ${what}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}
