package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
)

// nameOptions are the flags that say what the classes are called.
type nameOptions struct{ names, data string }

func (o *nameOptions) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.names, "names", "", "file of class names, one to a line (default: NAME.names beside NAME.cfg)")
	cmd.Flags().StringVar(&o.data, "data", "", "darknet .data file, whose names= is used")
}

// classNames are the names of a network's classes.
type classNames []string

// of returns the name of a class, `class 7` when it has none.
func (n classNames) of(class int) string {
	if class < len(n) && n[class] != "" {
		return n[class]
	}
	return fmt.Sprintf("class %d", class)
}

// load finds the names for a model's classes and tells where they come from if that was not
// asked for.
func (o *nameOptions) load(cmd *cobra.Command, m *model) (classNames, error) {
	names, source, err := o.find(cmd, m)
	if err != nil {
		return nil, err
	}
	if classes := m.Classes(); source != "" && len(names) != classes {
		tell(cmd, "%s has %d names, the network %d classes: is it the file for this network?", source, len(names), classes)
	}
	return names, nil
}

func (o *nameOptions) find(cmd *cobra.Command, m *model) (names classNames, source string, err error) {
	switch {
	case o.names != "" && o.data != "":
		return nil, "", usagef("give --names or --data, not both")
	case o.names != "":
		names, err = readNames(o.names)
		return names, o.names, err
	case o.data != "":
		path, err := namesOfData(o.data)
		if err != nil {
			return nil, "", err
		}
		names, err = readNames(path)
		return names, path, err
	case m.embedded != nil:
		return m.embedded.Names, "", nil
	}
	beside := strings.TrimSuffix(m.cfgPath, filepath.Ext(m.cfgPath)) + ".names"
	if _, err := os.Stat(beside); err == nil {
		names, err = readNames(beside)
		return names, beside, err
	}
	if tree := m.tree(); tree != nil {
		tell(cmd, "no %s: taking the names in the class tree (choose others with --names)", beside)
		return tree.Names(), "", nil
	}
	if coco := cfgs.COCONames(); m.Classes() == len(coco) {
		tell(cmd, "no %s: taking the names of COCO's %d classes (choose others with --names)", beside, len(coco))
		return coco, "", nil
	}
	tell(cmd, "no %s: classes are shown by number (name them with --names)", beside)
	return nil, "", nil
}

// maxNames bounds a file of names.
const maxNames = 16 << 20

// readNames reads one name from each line; blank lines at the end don't count.
func readNames(path string) (classNames, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() || info.Size() > maxNames {
		return nil, fmt.Errorf("%s: not a file of class names", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%s: not a text file with a class name on each line", path)
	}
	text = bytes.TrimRight(bytes.TrimPrefix(text, []byte("\ufeff")), "\r\n\t ")
	if len(text) == 0 {
		return nil, fmt.Errorf("%s: holds no class names", path)
	}
	var names classNames
	for _, line := range strings.Split(string(text), "\n") {
		names = append(names, strings.TrimSpace(line))
	}
	return names, nil
}

// namesOfData returns the file that names= of a .data file gives, sought from the working
// folder as darknet does, then beside the .data file.
func namesOfData(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "=")
		if key = strings.TrimSpace(key); key != "names" && key != "labels" {
			continue
		}
		name := strings.TrimSpace(value)
		for _, name := range []string{name, filepath.Join(filepath.Dir(path), name)} {
			if _, err := os.Stat(name); err == nil {
				return name, nil
			}
		}
		return "", fmt.Errorf("%s: its %s = %s is there neither from the working folder nor beside it; give the file with --names", path, key, name)
	}
	return "", fmt.Errorf("%s: has no line names = FILE", path)
}
