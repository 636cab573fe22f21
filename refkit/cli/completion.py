"""`refkit completion`: the script that lets a shell complete the words of refkit.

bash, zsh and fish are click's own; PowerShell is ours, in click's protocol: the script calls refkit with what is typed
in the environment, and refkit answers with lines of kind, value and help between tabs.
"""

from __future__ import annotations

import os
from typing import Any

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from refkit.cli import screen
from refkit.errors import UsageError

SHELLS = ("bash", "zsh", "fish", "powershell")
_VARIABLE = "_REFKIT_COMPLETE"
_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $typed = $commandAst.ToString()
    $typed = $typed.PadRight($cursorPosition - $commandAst.Extent.StartOffset)
    $before = $typed.Substring(0, $cursorPosition - $commandAst.Extent.StartOffset)
    $env:%(complete_var)s = "powershell_complete"
    $env:COMP_WORDS = $before
    $env:COMP_CWORD = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $kind, $value, $help = $_ -split "`t", 3
            if ($kind -eq "file" -or $kind -eq "dir") {
                Get-ChildItem -Path "$value*" -Directory:($kind -eq "dir") -ErrorAction SilentlyContinue |
                    ForEach-Object {
                        $path = Resolve-Path -Relative $_.FullName
                        if ($path -match "\\s") { $path = "'$($path -replace "'", "''")'" }
                        [System.Management.Automation.CompletionResult]::new($path, $_.Name, "ProviderItem", $path)
                    }
            } elseif ($value) {
                if (-not $help) { $help = $value }
                [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $help)
            }
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_CWORD -ErrorAction SilentlyContinue
    }
}
"""


class PowerShellComplete(ShellComplete):
    """Completion for PowerShell 5.1 and later, which hands over the line up to the cursor, and the word there."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is typed, and that one."""
        words = split_arg_string(os.environ["COMP_WORDS"])[1:]
        incomplete = os.environ.get("COMP_CWORD", "").strip("\"'")
        # The word at the cursor is also the last of the line.
        return (words[:-1] if incomplete and words else words), incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return one answer as a line; tabs and line ends in a help text would end it."""
        return f"{item.type}\t{item.value}\t{' '.join((item.help or '').split())}"


add_completion_class(PowerShellComplete)


def script(shell: str) -> str:
    """Return the completion script for a shell, without starting that shell."""
    found: Any = get_completion_class(shell)
    complete = found(click.Group("refkit"), {}, "refkit", _VARIABLE)
    text: str = complete.source_template % complete.source_vars()
    return text.rstrip("\n") + "\n"


def _shells(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in SHELLS if name.startswith(incomplete)]


@click.command(
    epilog="Exit codes: 0 printed; 2 there is no such shell.",
    short_help="Print the script that lets a SHELL complete commands, options and values.",
)
@click.argument("shell", metavar="SHELL", shell_complete=_shells)
def completion(shell: str) -> None:
    """Print the script that lets a SHELL complete commands, options and values: bash, zsh, fish or powershell.

    For instance, in ~/.bashrc: eval "$(refkit completion bash)". docs/completion.md tells where it goes in each shell.
    """
    if shell not in SHELLS:
        raise UsageError(f"There is no completion for {shell!r}; there is one for {', '.join(SHELLS)}.")
    screen.print_text(script(shell))
