package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/models"
	"github.com/ghostdark/ghostdark/source"
)

// complete makes the shell offer these values for a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	mustComplete(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// completeFiles makes the shell offer files with these extensions for a flag.
func completeFiles(cmd *cobra.Command, flag string, extensions ...string) {
	mustComplete(cmd.MarkFlagFilename(flag, extensions...))
}

// completeFolders makes the shell offer folders for a flag.
func completeFolders(cmd *cobra.Command, flag string) { mustComplete(cmd.MarkFlagDirname(flag)) }

func mustComplete(err error) {
	if err != nil {
		panic("BUG: ghostdark: " + err.Error())
	}
}

// completeModels offers the names of models that aren't operands already.
func completeModels(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	names := slices.DeleteFunc(modelNames(begun), func(name string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(name, a+"\t") })
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// modelNames lists the models whose names begin so, with what they are.
func modelNames(begun string) (names []string) {
	for _, m := range catalogue() {
		if strings.HasPrefix(m.Name, begun) {
			names = append(names, m.Name+"\t"+string(m.Task)+" of "+m.Data)
		}
	}
	return names
}

// What operands are, by their places.
type operandPlaces int

const (
	modelOrPicture   operandPlaces = iota // CFG WEIGHTS or MODEL or nothing, then pictures
	modelThenPicture                      // CFG WEIGHTS or MODEL, then a picture
	onlyModel                             // CFG WEIGHTS or MODEL
	onlyCfgs                              // any number of CFG or MODEL
	onlyCfg                               // CFG or MODEL
)

// inputFiles are the extensions of what detect and classify take: pictures, videos and lists.
var inputFiles = slices.Concat(source.PictureExtensions, source.VideoExtensions, source.ListExtensions)

// completeOperands offers what fits at an operand's place: models and files of the right kind.
func completeOperands(places operandPlaces) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		_, named := models.Find(catalogue(), append(args, "")[0])
		switch given := len(args); {
		case places == onlyCfgs || given == 0:
			files := []string{".cfg"}
			if places == modelOrPicture {
				files = append(files, inputFiles...)
			}
			return offer(modelNames(begun), begun, files...)
		case given == 1 && places != onlyCfg && !named && strings.EqualFold(filepath.Ext(args[0]), ".cfg"):
			return offer(nil, begun, ".weights")
		case places == modelOrPicture:
			return offer(nil, begun, inputFiles...)
		case places == modelThenPicture:
			return offer(nil, begun, source.PictureExtensions...)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// offer offers names, and beside them the folders, and the files with these extensions, whose
// paths begin so. Cobra itself offers either names or files.
func offer(names []string, begun string, extensions ...string) ([]string, cobra.ShellCompDirective) {
	folder, prefix := filepath.Split(begun)
	entries, err := os.ReadDir(filepath.Join(".", folder))
	if filepath.IsAbs(folder) {
		entries, err = os.ReadDir(folder)
	}
	if err != nil {
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	directive := cobra.ShellCompDirectiveNoFileComp
	folders := 0
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, prefix) || prefix == "" && name[0] == '.' {
			continue
		}
		info, err := os.Stat(folder + name)
		switch {
		case err != nil:
		case info.IsDir():
			names = append(names, folder+name+string(filepath.Separator))
			folders++
		case slices.Contains(extensions, strings.ToLower(filepath.Ext(name))):
			names = append(names, folder+name)
		}
	}
	if folders == len(names) {
		directive |= cobra.ShellCompDirectiveNoSpace // one goes on inside it
	}
	return names, directive
}
