package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghostdark/ghostdark/cfg"
)

// otherCommands says how what darknet and Ultralytics are called with is done here.
var otherCommands = map[string]string{
	"detector":              "darknet's `detector test DATA CFG WEIGHTS IMAGE` is `ghostdark detect CFG WEIGHTS IMAGE --data DATA`",
	"detector map":          "darknet's `detector map DATA CFG WEIGHTS` is `ghostdark evaluate detect CFG WEIGHTS --data DATA`",
	"detector valid":        "darknet's `detector valid DATA CFG WEIGHTS` is `ghostdark detect CFG WEIGHTS LIST --data DATA --coco=FILE`",
	"detector calc_anchors": "darknet's `detector calc_anchors DATA` is `ghostdark anchors CFG --data DATA`",
	"detector demo":         "darknet's `detector demo DATA CFG WEIGHTS VIDEO` is `ghostdark detect CFG WEIGHTS VIDEO --data DATA`",
	"detector train":        noTraining,
	"classifier train":      noTraining,
	"yolo":                  "darknet's `yolo test CFG WEIGHTS IMAGE` is `ghostdark detect CFG WEIGHTS IMAGE`",
	"classifier":            "darknet's `classifier predict DATA CFG WEIGHTS IMAGE` is `ghostdark classify CFG WEIGHTS IMAGE --data DATA`",
	"classifier valid":      "darknet's `classifier valid DATA CFG WEIGHTS` is `ghostdark evaluate classify CFG WEIGHTS --data DATA`",
	"partial":               "darknet's `partial CFG WEIGHTS FILE N` is `ghostdark export weights CFG WEIGHTS --cut N -o FILE`",
	"train":                 noTraining,
	"predict":               "use `ghostdark detect CFG WEIGHTS IMAGE…` or `ghostdark classify`",
	"val":                   "use `ghostdark evaluate detect CFG WEIGHTS --data DATA` or `ghostdark evaluate classify`",
}

const noTraining = "ghostdark runs networks and doesn't train them; `ghostdark new` writes cfgs to train with darknet"

// refuseUnknown refuses what is no command below another one.
func refuseUnknown(parent *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := otherCommands[args[0]]
	if len(args) > 1 {
		hint = cmp.Or(otherCommands[args[0]+" "+args[1]], hint)
	}
	if hint != "" && !parent.HasParent() {
		return fmt.Errorf("unknown command %q; %s", args[0], hint)
	}
	near := parent.SuggestionsFor(args[0])
	for c := range commands(parent) {
		if c.Name() == args[0] && c.IsAvailableCommand() { // further below
			near = append(near, strings.TrimPrefix(c.CommandPath(), parent.CommandPath()+" "))
		}
	}
	if len(near) > 0 {
		return fmt.Errorf("unknown command %q; did you mean %s?", args[0], strings.Join(near, " or "))
	}
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if parent.HasParent() {
		return fmt.Errorf("unknown command %q; %s has %s", args[0], parent.Name(), strings.Join(names, ", "))
	}
	return fmt.Errorf("unknown command %q; the commands are %s", args[0], strings.Join(names, ", "))
}

// otherFlags says how what other programs have flags for, or other commands under another name, is said here. What begins
// with a flag is for commands that have it.
var otherFlags = map[string]string{
	"out": "--output", "project": "--output",
	"conf": "--thresh", "threshold": "--thresh", "confidence": "--thresh",
	"iou": "--nms", "iou_thres": "--nms", "nms_thresh": "--nms",
	"imgsz": "--width and --height", "img_size": "--width and --height",
	"letter_box": "--resize letterbox", "letterbox": "--resize letterbox",
	"max_det": "--top", "vid_stride": "--every", "save_txt": "--labels FOLDER", "save_labels": "--labels FOLDER",
	"save_crop": "--crops FOLDER", "ext_output": "--json", "batch_size": "--batch",
	"source": "IMAGE without a flag", "cfg": "CFG without a flag", "model": "CFG WEIGHTS without a flag", "weights": "WEIGHTS without a flag, behind CFG",
	"device": "always the CPU", "gpu": "always the CPU",
}

// below names the commands below one that have a flag.
func below(cmd *cobra.Command, flag string) []string {
	if !cmd.HasAvailableSubCommands() {
		return nil
	}
	var owners []string
	for c := range commands(cmd) {
		if c != cmd && c.IsAvailableCommand() && c.Flags().Lookup(flag) != nil {
			owners = append(owners, strings.TrimPrefix(c.CommandPath(), cmd.Root().Name()+" "))
		}
	}
	return owners
}

// explainFlag words the error of a flag so that it says what to do.
func explainFlag(cmd *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		return fmt.Errorf("--%s: %q is not %s", bad.GetFlag().Name, bad.GetValue(), kindOf(bad.GetFlag()))
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	word := unknown.GetSpecifiedName()
	if whole := unknown.GetSpecifiedShortnames(); whole != "" { // darknet's flags have one dash
		word, _, _ = strings.Cut(whole, "=")
	}
	if owners := below(cmd, word); len(owners) > 0 {
		return fmt.Errorf("%w; it belongs to %s", err, strings.Join(owners, ", "))
	}
	if hint := otherFlags[strings.ReplaceAll(word, "-", "_")]; hint != "" {
		if name, isFlag := strings.CutPrefix(hint, "--"); !isFlag || cmd.Flags().Lookup(strings.Fields(name)[0]) != nil {
			return fmt.Errorf("%w; here it is %s", err, hint)
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	near := cfg.Nearest(word, names)
	if slices.Contains(names, word) && len(word) > 1 {
		near = word
	}
	if near == "" {
		return err
	}
	return fmt.Errorf("%w; did you mean --%s?", err, near)
}
