package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/models"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/weights"
)

// catalogue lists the models that have names.
var catalogue = models.Catalogue

func newModels() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List and fetch well-known models",
		Long: `List well-known public models, fetch their files, and tell where they lie. Once
a model was fetched its name stands for its CFG and WEIGHTS in all commands.

` + exitCodes,
		Args: refuseUnknown,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newModelsList(), newModelsPull(), newModelsPath())
	return cmd
}

func newModelsList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:        "list [MODEL…]",
		SuggestFor: []string{"ls", "show", "info"},
		Short:      "List the models that have names",
		Long: `List well-known models, and which of them are here. With MODEL tell where the
files come from, their sizes, their SHA-256 where it is known, and the licence.

` + exitCodes,
		Example: `  ghostdark models list
  ghostdark models list yolov4-tiny
  ghostdark models list --json`,
		Args:              knownModels,
		ValidArgsFunction: completeModels,
		RunE:              running(func(cmd *cobra.Command, args []string) error { return runModelsList(cmd, args, asJSON) }),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newModelsPull() *cobra.Command {
	return &cobra.Command{
		Use:        "pull MODEL…",
		SuggestFor: []string{"get", "fetch", "download", "install", "add"},
		Short:      "Fetch models",
		Long: `Fetch the files of models from where their publishers have them. They appear when
they are complete, of the published size and SHA-256, and the weights fit the
cfg. What has come before a connection broke is kept; the same command goes on
from there. Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

` + exitCodes,
		Example: `  ghostdark models pull yolov4-tiny
  ghostdark detect yolov4-tiny street.jpg`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("no model: give the name of one or more; ghostdark models list shows them")
			}
			return knownModels(cmd, args)
		},
		ValidArgsFunction: completeModels,
		RunE:              running(func(cmd *cobra.Command, args []string) error { return runModelsPull(cmd, args) }),
	}
}

func newModelsPath() *cobra.Command {
	return &cobra.Command{
		Use:   "path [MODEL]",
		Short: "Tell where models lie",
		Long: `Print the folder that holds the MODEL.cfg, MODEL.weights and MODEL.names of a
model, or the folder of all models. Remove it to be rid of them.

` + exitCodes,
		Example: `  ghostdark models path
  ls "$(ghostdark models path yolov4-tiny)"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("give one MODEL, or none")
			}
			return knownModels(cmd, args)
		},
		ValidArgsFunction: completeModels,
		RunE:              running(func(cmd *cobra.Command, args []string) error { return runModelsPath(cmd, args) }),
	}
}

// knownModels refuses operands that are no names of models.
func knownModels(_ *cobra.Command, args []string) error {
	for _, name := range args {
		if _, ok := models.Find(catalogue(), name); ok {
			continue
		}
		if near := nearestModel(name); near != "" {
			return usagef("no model is called %q; did you mean %s? ghostdark models list shows all", name, near)
		}
		return usagef("no model is called %q: ghostdark models list shows those that there are", name)
	}
	return nil
}

// nearestModel is the name of a model that a word is likely to be a misspelling of, or "".
func nearestModel(word string) string { return cfg.Nearest(word, models.Names(catalogue())) }

// namedModel gives the model of that name, which is known to be one.
func namedModel(name string) models.Model {
	m, _ := models.Find(catalogue(), name)
	return m
}

// addModelsDir adds the flag for the folder of all models.
func addModelsDir(root *cobra.Command) {
	root.PersistentFlags().String("models-dir", "", "folder of fetched models (default: ghostdark/models in the user's folder for caches)")
	mustComplete(root.MarkPersistentFlagDirname("models-dir"))
}

// modelsDir is the folder of all models.
func modelsDir(cmd *cobra.Command) (string, error) {
	if dir := cmd.Flag("models-dir").Value.String(); dir != "" {
		return dir, nil
	}
	dir, err := models.DefaultDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for models: %w; name one with --models-dir", err)
	}
	return dir, nil
}

// withModel makes run take the name of a model in place of CFG and WEIGHTS.
func withModel(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			paths, ok, err := modelFiles(cmd, args[0])
			if err != nil {
				return failure{err}
			}
			if ok {
				args = append([]string{paths.Cfg, paths.Weights}, args[1:]...)
			}
		}
		return run(cmd, args)
	}
}

// withCfgs makes run take names of models in place of any CFG.
func withCfgs(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		cfgPaths := slices.Clone(args)
		for i, operand := range args {
			paths, ok, err := modelFiles(cmd, operand)
			if err != nil {
				return failure{err}
			}
			if ok {
				cfgPaths[i] = paths.Cfg
			}
		}
		return run(cmd, cfgPaths)
	}
}

// modelFiles gives the files of the model that an operand names, if it does: a file of that
// name comes first. The error says that they aren't here, or that a name is misspelt.
func modelFiles(cmd *cobra.Command, operand string) (paths models.Paths, ok bool, err error) {
	if _, err := os.Stat(operand); err == nil {
		return paths, false, nil
	}
	m, ok := models.Find(catalogue(), operand)
	if !ok {
		if near := nearestModel(operand); near != "" && filepath.Ext(operand) == "" {
			return paths, false, fmt.Errorf("%s: there is no such file, and no model of this name; did you mean %s?", operand, near)
		}
		return paths, false, nil
	}
	dir, err := modelsDir(cmd)
	if err != nil {
		return paths, false, err
	}
	if paths = m.In(dir); !paths.Present() {
		return paths, false, notHere(m)
	}
	return paths, true, nil
}

// pullable adds to the error about a missing file of a well-known model how to get it.
func pullable(path string, err error) error {
	m, ok := models.Find(catalogue(), strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	if !ok || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return hinted{plain(err), fmt.Sprintf("With ghostdark models pull %s it is fetched; then %s stands for CFG WEIGHTS.", m.Name, m.Name)}
}

// notHere is the error about a model that has to be fetched first.
func notHere(m models.Model) error {
	return hinted{fmt.Errorf("%s: this model isn't here yet", m.Name),
		fmt.Sprintf("Fetch its %s with: ghostdark models pull %s", binaryBytes(m.Weights.Bytes), m.Name)}
}

// modelJSON is a model as list prints it.
type modelJSON struct {
	models.Model
	Here  bool         `json:"here"`
	Files models.Paths `json:"files"` // where they are, or would be
}

func runModelsList(cmd *cobra.Command, args []string, asJSON bool) error {
	dir, err := modelsDir(cmd)
	if err != nil {
		return err
	}
	chosen := catalogue()
	if len(args) > 0 {
		chosen = nil
		for _, name := range args {
			chosen = append(chosen, namedModel(name))
		}
	}
	listed := make([]modelJSON, len(chosen))
	for i, m := range chosen {
		paths := m.In(dir)
		listed[i] = modelJSON{Model: m, Here: paths.Present(), Files: paths}
	}
	w := cmd.OutOrStdout()
	switch {
	case asJSON:
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		return e.Encode(listed)
	case len(args) > 0:
		for i, m := range listed {
			if i > 0 {
				fmt.Fprintln(w)
			}
			if err := m.print(w); err != nil {
				return err
			}
		}
		return nil
	}
	t := &table{headings: []string{"model", "for", "trained on", ">weights", "here"}}
	for _, m := range listed {
		here := ""
		switch {
		case m.Here:
			here = "yes"
		case m.Files.Begun():
			here = "in part"
		}
		t.add(m.Name, string(m.Task), m.Data, binaryBytes(m.Weights.Bytes), here)
	}
	return t.write(w)
}

// print writes all that is known of a model.
func (m modelJSON) print(w io.Writer) error {
	t := &table{headings: []string{m.Name, string(m.Task) + ", trained on " + m.Data}}
	t.add("  page", m.Page)
	t.add("  licence", m.Licence)
	for _, f := range []struct {
		name string
		models.File
	}{{"  cfg", m.Cfg}, {"  weights", m.Weights}, {"  names", m.Names}} {
		for i, from := range f.URLs {
			if i > 0 {
				f.name = "  or"
			}
			t.add(f.name, from)
		}
		if f.Bytes > 0 {
			size := thousands(f.Bytes) + " bytes"
			if f.Less > 0 {
				size += fmt.Sprintf(", or %d less", f.Less)
			}
			t.add("", size)
		}
		if f.SHA256 != "" {
			t.add("", "SHA-256 "+f.SHA256)
		}
	}
	if m.Here {
		t.add("  here", m.Files.Folder)
	} else {
		t.add("  here", "no; ghostdark models pull "+m.Name)
	}
	return t.write(w)
}

func runModelsPath(cmd *cobra.Command, args []string) error {
	dir, err := modelsDir(cmd)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), dir)
		return nil
	}
	m := namedModel(args[0])
	paths := m.In(dir)
	if !paths.Present() {
		return notHere(m)
	}
	fmt.Fprintln(cmd.OutOrStdout(), paths.Folder)
	return nil
}

func runModelsPull(cmd *cobra.Command, args []string) error {
	dir, err := modelsDir(cmd)
	if err != nil {
		return err
	}
	progress := newPullProgress(cmd)
	p := &models.Puller{
		Dir: dir, UserAgent: "ghostdark/" + strings.Fields(version())[0],
		Check: checkPulled, Tell: progress.tell, Progress: progress.show,
	}
	for _, name := range args {
		m := namedModel(name)
		fetched, err := p.Pull(cmd.Context(), m)
		progress.clear()
		if err != nil {
			return explainPull(m, dir, err)
		}
		paths := m.In(dir)
		if !fetched {
			fmt.Fprintf(cmd.OutOrStdout(), "%s is here already: %s\n", m.Name, paths.Folder)
			continue
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s in %s\n", m.Name, binaryBytes(m.Weights.Bytes), paths.Folder)
	}
	return nil
}

// explainPull says what to do about a failed pull.
func explainPull(m models.Model, dir string, err error) error {
	named := fmt.Errorf("%s: %w", m.Name, err)
	var local *os.PathError
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: interrupted; the same command goes on from here", m.Name)
	case errors.Is(err, models.ErrDamaged):
		return hinted{named, "It was replaced at its source, or on the way. To use it all the same, download it yourself and give CFG WEIGHTS."}
	case errors.As(err, &local):
		return hinted{plain(err), fmt.Sprintf("Models are kept in %s; --models-dir names another folder.", dir)}
	}
	return hinted{named, fmt.Sprintf("If a proxy leads to the internet, name it: HTTPS_PROXY=http://HOST:PORT. Or bring the files here in another way, as %s.cfg, .weights and .names in %s.",
		m.Name, m.In(dir).Folder)}
}

// checkPulled checks that weights have the size that the cfg wants.
func checkPulled(cfgPath, weightsPath string) error {
	g, err := net.Read(cfgPath, net.Options{})
	if err != nil {
		return err
	}
	f, err := os.Open(weightsPath)
	if err != nil {
		return err
	}
	defer f.Close()
	header, err := weights.ReadHeader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", weightsPath, err)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if want := weights.FileSize(header, g.Slots()); info.Size() != want {
		return fmt.Errorf("%s: has %d bytes, but its cfg wants %d", weightsPath, info.Size(), want)
	}
	return nil
}

// pullProgress tells how a pull goes: on a terminal by a line that changes, elsewhere by one line
// for each file.
type pullProgress struct {
	cmd     *cobra.Command
	live    bool
	file    string
	began   time.Time // the file
	first   int64     // bytes that were there then
	shownAt time.Time
	shown   int // how many columns the changing line takes
}

func newPullProgress(cmd *cobra.Command) *pullProgress {
	return &pullProgress{cmd: cmd, live: isTerminal(cmd.ErrOrStderr())}
}

func (p *pullProgress) tell(line string) {
	p.clear()
	tell(p.cmd, "%s", line)
}

// clear removes the changing line.
func (p *pullProgress) clear() {
	if p.shown > 0 {
		fmt.Fprintf(p.cmd.ErrOrStderr(), "\r%s\r", strings.Repeat(" ", p.shown))
		p.shown = 0
	}
}

func (p *pullProgress) show(file string, done, total int64) {
	now := time.Now()
	if file != p.file {
		p.file, p.began, p.first = file, now, done
		if !p.live {
			of := ""
			if total > 0 {
				of = " of " + binaryBytes(total)
			}
			tell(p.cmd, "%s …%s", filepath.Base(file), of)
		}
	}
	const often = time.Second / 10
	if !p.live || now.Sub(p.shownAt) < often && done < total {
		return
	}
	p.shownAt = now
	line := fmt.Sprintf("%s  %s", file, binaryBytes(done))
	if total > 0 {
		line = fmt.Sprintf("%s  %3.0f %%  %s of %s", file, 100*float64(done)/float64(total), binaryBytes(done), binaryBytes(total))
	}
	if took := now.Sub(p.began).Seconds(); took > .5 {
		line += fmt.Sprintf("  %s/s", binaryBytes(int64(float64(done-p.first)/took)))
	}
	blanks := strings.Repeat(" ", max(0, p.shown-len(line)))
	fmt.Fprintf(p.cmd.ErrOrStderr(), "\r%s%s", line, blanks)
	p.shown = len(line) + len(blanks)
}
