package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// program is a runtime that is measured. The first ones of all are ghostdark with each choice
// of kernels.
type program struct {
	name    string
	version string
	cpu     string // ghostdark's kernels; "" for the best until it has run
	path    string // of ghostdark or Python
	peers   string // folder of ONNX Runtime
}

const (
	ghostdark   = "ghostdark"
	onnxRuntime = "ONNX Runtime"
	openCV      = "OpenCV"
)

// setUp builds ghostdark in the folder work and finds or installs the others.
func setUp(ctx context.Context, o *options, work string) ([]*program, error) {
	binary := filepath.Join(work, "ghostdark.exe") // the ending matters on Windows only
	if _, err := output(ctx, "go", "build", "-o", binary, "./cmd/ghostdark"); err != nil {
		return nil, err
	}
	commit, err := output(ctx, "git", "describe", "--always", "--dirty")
	if err != nil {
		commit = []byte("(unknown commit)")
	}
	var programs []*program
	for _, cpu := range o.cpus {
		programs = append(programs, &program{name: ghostdark, version: strings.TrimSpace(string(commit)), cpu: cpu, path: binary})
	}
	ort, err := setUpONNXRuntime(ctx, o)
	if err != nil {
		return nil, err
	}
	programs = append(programs, ort)
	if cv := findOpenCV(ctx); cv != nil {
		programs = append(programs, cv)
	} else {
		tell("OpenCV: left out, there is no Python with cv2 (Debian's python3-opencv)")
	}
	return programs, nil
}

// setUpONNXRuntime installs the npm package unless it is there.
func setUpONNXRuntime(ctx context.Context, o *options) (*program, error) {
	peers, err := filepath.Abs(o.peers)
	if err != nil {
		return nil, err
	}
	manifest := filepath.Join(peers, "node_modules", "onnxruntime-node", "package.json")
	if _, err := os.Stat(manifest); err != nil {
		if err := os.MkdirAll(peers, 0o777); err != nil {
			return nil, err
		}
		tell("installing onnxruntime-node@%s in %s", o.ort, peers)
		// The package's script would only fetch libraries for GPUs.
		if _, err := output(ctx, "npm", "install", "--prefix", peers, "--ignore-scripts", "onnxruntime-node@"+o.ort); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(manifest)
	if err != nil {
		return nil, err
	}
	var pkg struct{ Version string }
	if err := json.Unmarshal(text, &pkg); err != nil {
		return nil, fmt.Errorf("%s: %w", manifest, err)
	}
	return &program{name: onnxRuntime, version: pkg.Version, peers: peers}, nil
}

// findOpenCV looks for a Python that has it, also for the system's own behind another one.
func findOpenCV(ctx context.Context) *program {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if version, err := output(ctx, python, "-c", "import cv2; print(cv2.__version__)"); err == nil {
			return &program{name: openCV, version: strings.TrimSpace(string(version)), path: python}
		}
	}
	return nil
}

// export writes a network as an ONNX model.
func (p *program) export(ctx context.Context, n network, model string) error {
	args := append([]string{"export", "onnx", "--batch", "1"}, n.operands()...)
	if n.weights == "" {
		args = append(args, "--random-weights")
	}
	_, err := output(ctx, p.path, append(args, "--output", model, "--force")...)
	return err
}

// timing is what a program prints of its turn.
type timing struct {
	MedianMS float64 `json:"median_ms"`

	// Only ghostdark tells these.
	Input   [3]int  `json:"input"` // channels, height, width
	CPU     string  `json:"cpu"`   // the kernels
	Machine machine `json:"machine"`

	processor time.Duration // processor time that the turn took, with loading
}

// machine is what ghostdark tells of where it runs.
type machine struct {
	Processor  string `json:"processor"`
	Processors int    `json:"processors"`
}

// undisturbed is time, repeated while other processes take too much of the machine.
func (p *program) undisturbed(ctx context.Context, n network, model string, input [3]int, threads int, seconds float64) (t timing, err error) {
	for range maxRepeats {
		share := others(func() time.Duration {
			t, err = p.time(ctx, n, model, input, threads, seconds)
			return t.processor
		})
		if err != nil || share <= othersLimit {
			return t, err
		}
		tell("%s, %s: again, since other processes took %.0f %% of a processor", n.name, p.name, 100*share)
		select {
		case <-ctx.Done():
			return t, ctx.Err()
		case <-time.After(pause):
		}
	}
	return t, errDisturbed
}

var errDisturbed = errors.New("other processes disturb the measurement: end them, or try later")

// time lets the program run a network for some seconds. ghostdark reads the cfg, the others the
// model, whose input has the given extents.
func (p *program) time(ctx context.Context, n network, model string, input [3]int, threads int, seconds float64) (timing, error) {
	t, s := strconv.Itoa(threads), fmt.Sprint(seconds)
	var c *exec.Cmd
	switch p.name {
	case ghostdark:
		args := append([]string{"bench"}, n.operands()...)
		c = exec.CommandContext(ctx, p.path, append(args, "--threads", t, "--cpu", p.cpu, "--seconds", s, "--json")...)
	case onnxRuntime:
		c = exec.CommandContext(ctx, "node", filepath.Join("bench", "time.js"), p.peers, model, t, s)
	case openCV:
		c = exec.CommandContext(ctx, p.path, filepath.Join("bench", "time.py"), model, fmt.Sprintf("%dx%dx%d", input[0], input[1], input[2]), t, s)
	}
	out, err := outputOf(c)
	if err != nil {
		return timing{}, err
	}
	result := timing{processor: c.ProcessState.UserTime() + c.ProcessState.SystemTime()}
	if err := json.Unmarshal(out, &result); err != nil || result.MedianMS <= 0 {
		return timing{}, fmt.Errorf("%s printed %q", p.name, out)
	}
	return result, nil
}

// output runs a command and returns what it prints.
func output(ctx context.Context, name string, args ...string) ([]byte, error) {
	return outputOf(exec.CommandContext(ctx, name, args...))
}

// outputOf runs a command and returns what it prints. The error holds what it complains of: the
// line that says error or begins with ghostdark's name, or else the last one.
func outputOf(c *exec.Cmd) ([]byte, error) {
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		at := slices.IndexFunc(lines, func(line string) bool {
			return strings.Contains(line, "rror:") || strings.HasPrefix(line, ghostdark+": ")
		})
		if at < 0 {
			at = len(lines) - 1
		}
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(c.Args, " "), err, lines[at])
	}
	return out, nil
}
