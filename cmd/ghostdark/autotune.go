package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/net"
)

// tune adds the choices of kernels for a network to a session's options, if --autotune asks for
// them: those that are stored, or else measured ones, which it stores. That fails only if they
// can't be measured; what is wrong with the store is a warning.
func (o *engineOptions) tune(cmd *cobra.Command, m *model, how net.SessionOptions, sessions int) (net.SessionOptions, error) {
	if !o.autotune {
		return how, nil
	}
	each := how.Each(sessions)
	file, err := tuningFile(m, each)
	if err != nil {
		return how, err
	}
	if file != "" {
		how.Choices, err = readChoices(file, m, each)
		if err != nil {
			tell(cmd, "warning: %v; kernels are measured anew", plain(err))
		}
		if how.Choices != nil {
			return how, nil
		}
	}
	start := time.Now()
	how.Choices, err = m.Tune(cmd.Context(), each, tuningProgress(cmd))
	if err != nil {
		return how, err
	}
	tell(cmd, "kernels measured in %.1f s: %s otherwise than by rule", time.Since(start).Seconds(), counted(how.Choices.Len(), "choice"))
	if file == "" {
		tell(cmd, "warning: there is no folder to store that in: set the environment variable HOME")
	} else if err := writeChoices(file, how.Choices); err != nil {
		tell(cmd, "warning: the choices of kernels aren't stored: %v", plain(err))
	}
	return how, nil
}

// tuningProgress gives what shows on a terminal how far the measuring is; elsewhere one line
// has to do.
func tuningProgress(cmd *cobra.Command) func(done float64) {
	w := cmd.ErrOrStderr()
	if isTerminal(w) {
		return func(done float64) { fmt.Fprintf(w, "\rmeasuring kernels: %.0f %% \r", 100*done) }
	}
	tell(cmd, "measuring kernels …")
	return nil
}

// tuningFile is where the choices for a network are stored, "" where the system has no folder
// for such things. One may be shared by machines, so the name also depends on the processor.
func tuningFile(m *model, how net.SessionOptions) (string, error) {
	key, err := m.TuningKey(how)
	if err != nil {
		return "", err
	}
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", nil
	}
	sum := sha256.Sum256([]byte(key + processor()))
	return filepath.Join(folder, "ghostdark", "tuning", fmt.Sprintf("%x.json", sum[:16])), nil
}

// maxChoices bounds a file of choices.
const maxChoices = 1 << 20

// readChoices reads stored choices and checks that sessions take them. There are none if
// there is no file.
func readChoices(file string, m *model, how net.SessionOptions) (*net.Choices, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxChoices))
	if err != nil {
		return nil, err
	}
	how.Choices = new(net.Choices)
	lines := json.NewDecoder(bytes.NewReader(data))
	lines.DisallowUnknownFields()
	if err := lines.Decode(how.Choices); err != nil {
		return nil, fmt.Errorf("%s: is damaged: %w", file, err)
	}
	if _, err := m.Plan(how); err != nil {
		return nil, fmt.Errorf("%s: is damaged: %w", file, err)
	}
	return how.Choices, nil
}

// writeChoices stores choices.
func writeChoices(file string, c *net.Choices) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return atomicfile.Write(file, func(w io.Writer) error { return json.NewEncoder(w).Encode(c) })
}
