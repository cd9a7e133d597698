package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/design"
	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/net"
)

type newOptions struct {
	design.Options
	layout, gate  string
	size, anchors string
	output        string
	force         forceOption
	json          bool
}

func newNew() *cobra.Command {
	o := &newOptions{}
	var list strings.Builder
	for _, k := range design.Kinds() {
		fmt.Fprintf(&list, "  %-15s %s\n", k.Name, k.Doc)
	}
	cmd := &cobra.Command{
		Use:   "new KIND --output FILE",
		Short: "Write the cfg of a ghost network",
		Long: fmt.Sprintf(`Write the cfg of a ghost network, with comments, to train with darknet. KIND is
one of

%s
--layout, --gate and --no-se go with GhostNets, --heads and --anchors with
ghost-yolo, all others with every kind. --layout darknet is the GhostNet cfg that
was published for darknet; it has widths, ratios and kernels of its own. Of the
gates, darknet can train logistic and hardtan; hard_sigmoid is that of the
official code and an extension of ghostdark.

A file that is there already is not replaced without --force. "-o -" writes to
standard output. What the network costs goes to standard error.

`, &list) + exitCodes,
		Example: `  ghostdark new ghostnet --width-mult 1.3 -o ghostnet-1.3.cfg
  ghostdark new ghostnet --ratio 4 --dw 5 --no-se --classes 10 -o small.cfg
  ghostdark new ghost-yolo --classes 2 --heads 3 --size 608x352 -o cars.cfg
  ghostdark new ghost-resnet56 --dense -o resnet56.cfg`,
		Args:              kindArgument,
		ValidArgsFunction: completeKind,
		RunE:              running(func(cmd *cobra.Command, args []string) error { return runNew(cmd, o, design.Lookup(args[0])) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.layout, "layout", "", "whose GhostNet: official or darknet (default official)")
	flags.Float64Var(&o.WidthMult, "width-mult", 0, "scale all numbers of maps (default 1)")
	flags.IntVar(&o.Ratio, "ratio", 0, "s: all maps of a ghost module to those that it convolves (default 2)")
	flags.IntVar(&o.DW, "dw", 0, "d: side of the cheap depthwise kernels, odd (default 3)")
	flags.BoolVar(&o.Dense, "dense", false, "ordinary convolutions in place of ghost modules")
	flags.StringVar(&o.size, "size", "", "input, as SIDE or WIDTHxHEIGHT (default 224; ghost-yolo 416; CIFAR-10 32)")
	flags.IntVar(&o.Classes, "classes", 0, "what to tell apart (default 1000; ghost-yolo 80; CIFAR-10 10)")
	flags.BoolVar(&o.NoSE, "no-se", false, "leave out squeeze-and-excite")
	flags.StringVar(&o.gate, "gate", "", "function of squeeze-and-excite: logistic, hard_sigmoid or hardtan (default logistic)")
	flags.IntVar(&o.Heads, "heads", 0, "2, at strides 32 and 16, or 3, at 8 too (default 2)")
	flags.StringVar(&o.anchors, "anchors", "", "widths and heights in pixels, W,H,W,H…, the smallest first (default YOLOv3's)")
	flags.StringVarP(&o.output, "output", "o", "", "the `FILE` to write, - for standard output")
	completeFiles(cmd, "output", "cfg")
	o.force.add(cmd)
	flags.BoolVar(&o.json, "json", false, "print JSON")
	complete(cmd, "layout", asStrings(design.Layouts())...)
	complete(cmd, "gate", asStrings(design.Gates())...)
	complete(cmd, "heads", "2", "3")
	return cmd
}

func asStrings[T ~string](all []T) []string {
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = string(v)
	}
	return texts
}

func kindNames() []string {
	var names []string
	for _, k := range design.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// kindArgument wants one operand, the name of a kind.
func kindArgument(_ *cobra.Command, args []string) error {
	list := "the kinds are " + strings.Join(kindNames(), ", ")
	switch {
	case len(args) != 1:
		return usagef("give one KIND; %s", list)
	case design.Lookup(args[0]) != nil:
		return nil
	}
	if near := cfg.Nearest(args[0], kindNames()); near != "" {
		return usagef("unknown kind %q; did you mean %s?", args[0], near)
	}
	return usagef("unknown kind %q; %s", args[0], list)
}

func completeKind(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var offered []string
	if len(args) == 0 {
		for _, k := range design.Kinds() {
			offered = append(offered, k.Name+"\t"+k.Doc)
		}
	}
	return offered, cobra.ShellCompDirectiveNoFileComp
}

func runNew(cmd *cobra.Command, o *newOptions, kind *design.Kind) error {
	if err := o.read(cmd); err != nil {
		return err
	}
	text, err := kind.Cfg(o.Options)
	if bad := (*design.OptionError)(nil); errors.As(err, &bad) {
		return usagef("--%w", err)
	}
	if err != nil {
		return err
	}
	file, diagnostics := cfg.Parse(o.output, text)
	g := net.Build(file, diagnostics, net.Options{})
	if err := g.Err(); err != nil {
		panic("BUG: design: " + err.Error())
	}
	if err := o.write(cmd, text); err != nil {
		return err
	}
	made := newMade(o.output, kind, g)
	if o.json {
		return writeJSONLine(cmd.OutOrStdout(), made)
	}
	tell(cmd, "%s: %s, %s, %s multiply-adds", made.name(), counted(made.Layers, "layer"), counted(int(made.Totals.Parameters), "parameter"),
		metric(float64(made.Totals.MACs)))
	tell(cmd, "  input   %v", g.Net.Input())
	for _, l := range made.ends {
		tell(cmd, "  output  %v", g.Shape(l))
	}
	return nil
}

// read takes over what was given on the command line. In design.Options a zero means that
// nothing was given, so here it is refused.
func (o *newOptions) read(cmd *cobra.Command) error {
	if o.output == "" {
		return usagef("no file to write: give --output FILE, or - for standard output")
	}
	if o.output == "-" && o.json {
		return usagef("--json goes with a file to write, not with --output -: both would go to standard output")
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		value, notNumber := strconv.ParseFloat(f.Value.String(), 64)
		switch kind := f.Value.Type(); {
		case kind == "string" && f.Value.String() == "":
			err = usagef("--%s has no value", f.Name)
		case kind != "string" && notNumber == nil && value == 0:
			err = usagef("--%s=%s is out of range: it must be above 0", f.Name, f.Value)
		}
	})
	if err != nil {
		return err
	}
	o.Layout, o.Gate = design.Layout(o.layout), design.Gate(o.gate)
	if o.size != "" {
		if o.Size, err = parseSize(o.size); err != nil {
			return err
		}
	}
	if o.anchors != "" {
		for _, text := range strings.Split(o.anchors, ",") {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				return usagef("--anchors: %q is not a number", text)
			}
			o.Anchors = append(o.Anchors, v)
		}
	}
	return nil
}

// parseSize reads 416 or 608x352.
func parseSize(text string) (design.Size, error) {
	width, height, two := strings.Cut(text, "x")
	if !two {
		height = width
	}
	w, wrong := strconv.Atoi(width)
	h, alsoWrong := strconv.Atoi(height)
	if wrong != nil || alsoWrong != nil {
		return design.Size{}, usagef("--size: %q is no extent such as 416 or 608x352", text)
	}
	if w < 1 || h < 1 {
		return design.Size{}, usagef("--size=%s is out of range: it must be above 0", text)
	}
	return design.Size{W: w, H: h}, nil
}

// write writes the cfg to where it is wanted.
func (o *newOptions) write(cmd *cobra.Command, text []byte) error {
	if o.output == "-" {
		_, err := cmd.OutOrStdout().Write(text)
		return err
	}
	if err := o.force.check([]string{o.output}, nil); err != nil {
		return err
	}
	return atomicfile.WriteAll(atomicfile.Bytes(o.output, text))
}

// made is what new tells of the network that it has written. Shapes are [channels, height,
// width].
type made struct {
	File    string     `json:"file"`
	Kind    string     `json:"kind"`
	Input   *[3]int    `json:"input"`
	Outputs []*[3]int  `json:"outputs"` // of the heads, or of the last layer
	Layers  int        `json:"layers"`
	Totals  net.Totals `json:"totals"`

	ends []int // the layers whose outputs those are
}

func newMade(file string, kind *design.Kind, g *net.Graph) *made {
	m := &made{File: file, Kind: kind.Name, Input: extents(g.Net.Input()), Layers: len(g.Layers), Totals: g.Totals()}
	for _, head := range g.Heads() {
		m.ends = append(m.ends, head.Index)
	}
	if m.ends == nil {
		m.ends = []int{g.Result()}
	}
	for _, l := range m.ends {
		m.Outputs = append(m.Outputs, extents(g.Shape(l)))
	}
	return m
}

// name is what the network is called in messages.
func (m *made) name() string {
	if m.File == "-" {
		return m.Kind
	}
	return m.File
}
