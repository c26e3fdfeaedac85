/** A terminal whose answers are laid down before: a question nobody foresaw is answered with no. */
import type { Terminal, Watch } from '../../src/world.ts';

export interface Script {
  /** The names to which `confirm` says yes. */
  readonly yes?: readonly string[] | 'all';
  /** Said yes to beforehand, by name; `yes` is only said when asked. */
  readonly confirmed?: readonly string[];
  /** The risks that were accepted. */
  readonly risks?: readonly string[] | 'all';
  /** Answers to `ask` and `secret`, in their order. */
  readonly answers?: readonly string[];
}

export class ScriptedTerminal implements Terminal {
  /** All that was told. */
  readonly told: string[] = [];
  /** The names of all questions, also of those answered with no. */
  readonly asked: string[] = [];
  readonly #yes: readonly string[] | 'all';
  readonly #confirmed: readonly string[];
  readonly #risks: readonly string[] | 'all';
  readonly #answers: string[];

  /** Somebody sits there when the script answers anything at all. */
  readonly asks: boolean;

  constructor(script: Script = {}) {
    this.#yes = script.yes ?? [];
    this.#confirmed = script.confirmed ?? [];
    this.#risks = script.risks ?? [];
    this.#answers = [...(script.answers ?? [])];
    this.asks = this.#yes.length > 0 || this.#answers.length > 0;
  }

  tell(line: string): void {
    this.told.push(line);
  }

  async confirm(question: string, name: string): Promise<boolean> {
    this.told.push(question);
    this.asked.push(name);
    return this.#yes === 'all' || this.#yes.includes(name) || this.isConfirmed(name);
  }

  isConfirmed(name: string): boolean {
    return this.#confirmed.includes(name);
  }

  async ask(question: string): Promise<string | undefined> {
    this.told.push(question);
    return this.#answers.shift();
  }

  async secret(question: string): Promise<string | undefined> {
    return this.ask(question);
  }

  accepts(risk: string): boolean {
    return this.#risks === 'all' || this.#risks.includes(risk);
  }

  watch(): Watch {
    return { begin: () => undefined, end: () => undefined, stop: () => undefined };
  }
}
