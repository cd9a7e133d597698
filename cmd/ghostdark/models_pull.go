package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/models"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/weights"
)

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
