package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/diagram"
	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

type graphOptions struct {
	modelOptions
	format string
	output string
	fold   bool
	ascii  bool
	json   bool
}

// graphFormat is a way to draw a network.
type graphFormat struct {
	name    string
	endings []string // of files that are written so
	write   func(w io.Writer, d *diagram.Diagram, ascii bool) error
}

var graphFormats = []graphFormat{
	{"text", []string{".txt"}, writeGraphText},
	{"dot", []string{".dot", ".gv"}, func(w io.Writer, d *diagram.Diagram, _ bool) error { return d.WriteDOT(w) }},
	{"mermaid", []string{".mmd", ".mermaid"}, func(w io.Writer, d *diagram.Diagram, _ bool) error { return d.WriteMermaid(w) }},
	{"svg", []string{".svg"}, drawGraph(".svg")},
	{"png", []string{".png"}, drawGraph(".png")},
}

func drawGraph(ending string) func(io.Writer, *diagram.Diagram, bool) error {
	return func(w io.Writer, d *diagram.Diagram, _ bool) error {
		picture, err := d.Picture()
		if err != nil {
			return err
		}
		return chart.Encode(w, ending, picture)
	}
}

func graphFormatNames() []string {
	var names []string
	for _, f := range graphFormats {
		names = append(names, f.name)
	}
	return names
}

func newGraph() *cobra.Command {
	o := &graphOptions{}
	o.maxMemory = defaultMemory // nothing is loaded
	cmd := &cobra.Command{
		Use:   "graph (CFG | MODEL)",
		Short: "Draw a network: its layers, routes, shortcuts and ghost modules",
		Long: `Draw a network's layers with their shapes and costs, what each one reads, and
what belongs together: ghost bottlenecks, ghost modules, squeeze-and-excite,
residual blocks, branches that are joined, pyramids of poolings.

As text each layer is a line that begins with a mark: ● for a layer, ◆ if it is
a route, a shortcut or a product, ■ if no other layer reads it. A layer reads the
one above it unless there is a gap. An output leaves on a lane by ─╮; it is read
where the lane comes in, by ─╯ if it ends there and by ─┤ if it goes on. Brackets
are groups, named at their first layers. MACs are multiply-adds.

Other formats are SVG and PNG pictures, DOT for Graphviz, and Mermaid for
Markdown pages. With --fold each group that is read only at its end is one box,
and so are equal ones that follow each other.

` + exitCodes,
		Example: `  ghostdark graph yolov4-tiny.cfg
  ghostdark graph ghostnet.cfg -o ghostnet.svg
  ghostdark graph yolov4.cfg --fold -o yolov4.svg
  ghostdark graph yolov4.cfg --format dot | dot -Tpdf -o yolov4.pdf`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("give one CFG or MODEL, not %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: completeOperands(onlyCfg),
		RunE:              running(withCfgs(func(cmd *cobra.Command, args []string) error { return runGraph(cmd, o, args[0]) })),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", "text", "text, dot, mermaid, svg or png; if it isn't given, the ending of --output counts")
	flags.StringVarP(&o.output, "output", "o", "", "the `FILE` to write, - for standard output, which is the default")
	flags.BoolVar(&o.fold, "fold", false, "draw each block as one box")
	flags.BoolVar(&o.ascii, "ascii", false, "draw text with ASCII characters only")
	flags.BoolVar(&o.json, "json", false, "print nodes, edges and groups as JSON")
	complete(cmd, "format", graphFormatNames()...)
	completeFiles(cmd, "output", "txt", "dot", "gv", "mmd", "mermaid", "svg", "png")
	o.addExtents(cmd)
	return cmd
}

// choose finds the format that is asked for: by --format, by the ending of --output, or by a
// setting.
func (o *graphOptions) choose(cmd *cobra.Command) (*graphFormat, error) {
	if o.output == "-" {
		o.output = ""
	}
	given := cmd.Flags().Changed
	var format *graphFormat
	ending := strings.ToLower(filepath.Ext(o.output))
	for i, f := range graphFormats {
		if o.output != "" && !given("format") {
			if slices.Contains(f.endings, ending) {
				format = &graphFormats[i]
			}
		} else if f.name == o.format {
			format = &graphFormats[i]
		}
	}
	switch {
	case o.json && (given("format") || given("output") || given("ascii")):
		return nil, usagef("--json goes to standard output, without --format, --output and --ascii")
	case format == nil && o.output != "" && !given("format"):
		return nil, usagef("%s: its ending stands for no format; end it in .txt, .dot, .gv, .mmd, .mermaid, .svg or .png, or give --format", o.output)
	case format == nil:
		return nil, usagef("--format=%s: the formats are %s", o.format, strings.Join(graphFormatNames(), ", "))
	case given("ascii") && format.name != "text":
		return nil, usagef("--ascii is for text, not for %s", format.name)
	case format.name == "png" && o.output == "" && !o.json && isTerminal(cmd.OutOrStdout()):
		return nil, usagef("a PNG is nothing for a terminal: give --output FILE.png")
	}
	return format, nil
}

func runGraph(cmd *cobra.Command, o *graphOptions, path string) error {
	format, err := o.choose(cmd)
	if err != nil {
		return err
	}
	if o.output != "" {
		if err := atomicfile.Check(o.output); err != nil {
			return err
		}
	}
	g, err := o.readGraph(cmd, path, tellCfgFindings)
	if err != nil {
		return err
	}
	d := diagram.New(g, diagram.Options{Fold: o.fold})
	if o.json {
		return writeJSONLine(cmd.OutOrStdout(), newGraphJSON(d, o.fold))
	}
	written := &counter{}
	write := func(w io.Writer) error { return format.write(io.MultiWriter(w, written), d, o.ascii) }
	if o.output != "" {
		err = atomicfile.Write(o.output, write)
	} else if err = write(cmd.OutOrStdout()); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	if err == nil && format.name == "mermaid" && (len(d.Edges) > diagram.MermaidEdges || written.bytes > diagram.MermaidText) {
		tell(cmd, "%s: Mermaid draws at most %d edges and %d characters unless maxEdges and maxTextSize are raised, but there are %d and %d; --fold draws less",
			path, diagram.MermaidEdges, diagram.MermaidText, len(d.Edges), written.bytes)
	}
	return err
}

// counter counts what is written to it.
type counter struct{ bytes int }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return len(p), nil
}

// asciiMarks are the characters that stand for others with --ascii, one for one.
var asciiMarks = strings.NewReplacer(
	"●", "*", "◆", "#", "■", "=", "○", "o", "─", "-", "│", "|", "╮", ".", "┬", ".", "╯", "'", "┴", "'", "┤", "+", "┼", "+",
	"┌", ".", "└", "'", "›", ">", "←", "<", "×", "x", "–", "-",
)

// writeGraphText draws a network as a table whose first column is the graph.
func writeGraphText(w io.Writer, d *diagram.Diagram, ascii bool) error {
	t := &table{headings: []string{"", ">layer", "type", "window", "output", ">MACs", ">parameters", ""}}
	for _, row := range d.Rows() {
		switch {
		case row.Node == diagram.Gap:
			t.add(row.Lanes, "", row.Frames)
			continue
		case row.Node == diagram.Input:
			t.add(row.Lanes, "", "input", "", d.Input.String())
			continue
		}
		n := d.Nodes[row.Node]
		macs, parameters := n.Costs()
		t.add(row.Lanes, n.Numbers(), strings.TrimSpace(row.Frames+" "+n.Type), n.Window, n.Output.String(), macs, parameters,
			strings.TrimSpace(row.Titles+"  "+row.Reads))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n", d.Summary())
	if err := t.write(&text); err != nil {
		return err
	}
	drawn := text.String()
	if ascii {
		drawn = asciiMarks.Replace(drawn)
	}
	_, err := fmt.Fprintf(w, "%s: %s", d.Name, drawn)
	return err
}
