package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

func newMan() *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "man --output FOLDER",
		Short: "Write manual pages",
		Long: `Write the manual pages of all commands, ghostdark.1 and others, to a folder. It is
made if it doesn't exist. The date in them is today's, or that of the environment
variable SOURCE_DATE_EPOCH.

` + exitCodes,
		Example: `  ghostdark man -o ~/.local/share/man/man1
  man ghostdark-detect`,
		Args: cobra.NoArgs,
		RunE: running(func(cmd *cobra.Command, _ []string) error { return runMan(cmd, folder) }),
	}
	cmd.Flags().StringVarP(&folder, "output", "o", "", "the `FOLDER` to write to")
	completeFolders(cmd, "output")
	return cmd
}

func runMan(cmd *cobra.Command, folder string) error {
	if folder == "" {
		return usagef("no folder to write to: give --output FOLDER")
	}
	date := time.Now()
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return usagef("SOURCE_DATE_EPOCH: %q is no number of seconds", epoch)
		}
		date = time.Unix(seconds, 0)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	var pages []atomicfile.File
	for c := range commands(cmd.Root()) {
		if c != cmd.Root() && !c.IsAvailableCommand() {
			continue
		}
		pages = append(pages, atomicfile.Bytes(filepath.Join(folder, manName(c)+".1"), []byte(manPage(c, date.UTC()))))
	}
	if err := atomicfile.WriteAll(pages...); err != nil {
		return err
	}
	tell(cmd, "%s in %s", counted(len(pages), "page"), folder)
	return nil
}

// manName is what the page of a command is called.
func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage writes the page of a command for troff -man.
func manPage(c *cobra.Command, date time.Time) string {
	var b strings.Builder
	name := roff(manName(c))
	fmt.Fprintf(&b, ".TH %s 1 %s ghostdark ghostdark\n", strings.ToUpper(name), date.Format("2006\\-01\\-02"))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", name, roff(c.Short))
	operands := strings.TrimPrefix(c.UseLine(), c.CommandPath())
	fmt.Fprintf(&b, ".SH SYNOPSIS\n\\fB%s\\fR%s\n", roff(c.CommandPath()), roff(operands))
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, ".br\n\\fB%s\\fR command [flags]\n", roff(c.CommandPath()))
	}
	b.WriteString(".SH DESCRIPTION\n")
	writeParagraphs(&b, c.Long)
	if c.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, below := range c.Commands() {
			if below.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n\\fB%s\\fR(1)\n%s\n", roff(manName(below)), roff(below.Short))
			}
		}
	}
	writeOptions(&b, "OPTIONS", c.NonInheritedFlags())
	writeOptions(&b, "OPTIONS OF ALL COMMANDS", c.InheritedFlags())
	if c.HasExample() {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(c.Example))
	}
	if c.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n\\fB%s\\fR(1)\n", roff(manName(c.Parent())))
	}
	return b.String()
}

// writeParagraphs writes text whose paragraphs are parted by empty lines. One with lines that begin with
// blanks keeps its lines.
func writeParagraphs(b *strings.Builder, text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if strings.Contains("\n"+paragraph, "\n ") {
			fmt.Fprintf(b, ".nf\n%s\n.fi\n", roff(paragraph))
			continue
		}
		b.WriteString(roff(paragraph) + "\n")
	}
}

func writeOptions(b *strings.Builder, heading string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", heading)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			fmt.Fprintf(b, "\\fB%s\\fR, ", roff("-"+f.Shorthand))
		}
		fmt.Fprintf(b, "\\fB%s\\fR", roff("--"+f.Name))
		if value != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", roff(value))
		}
		b.WriteString("\n" + roff(usage))
		switch f.DefValue {
		case "", "0", "false", "[]":
		default:
			b.WriteString(roff(" (default " + f.DefValue + ")"))
		}
		b.WriteString("\n")
	})
}

// roff keeps text from being taken for instructions to troff.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
