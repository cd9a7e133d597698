package layers

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
)

// memory is the state of one image: the output or hidden state h, and the cell c.
type memory struct{ h, c []float64 }

// checkRecurrent compares three calls on a batch of two with a step written out for one image,
// and once more after a reset.
func checkRecurrent(t *testing.T, text string, state int, step func(h *harness, x []float64, m *memory) []float64) {
	t.Helper()
	h := build(t, 2, text)
	n := h.net.Input().Len()
	for range 2 {
		memories := [2]memory{}
		for i := range memories {
			memories[i] = memory{make([]float64, state), make([]float64, state)}
		}
		for call := range 3 {
			input := wave(2*n + call)[call:]
			var expected []float64
			for i := range memories {
				expected = append(expected, step(h, float64s(input[i*n:(i+1)*n]), &memories[i])...)
			}
			want(t, h.run(input), expected...)
		}
		h.reset()
	}
}

// norm applies batch norm to one channel's value where the layer has it, else the bias.
func (h *harness) norm(prefix string, channel int, v float64) float64 {
	bias := float64(h.slot(0, prefix+" biases")[channel])
	for _, s := range h.layers[0].Slots {
		if s.Name == prefix+" scales" {
			mean, variance := float64(h.slot(0, prefix+" rolling_mean")[channel]), float64(h.slot(0, prefix+" rolling_variance")[channel])
			return (v-mean)/math.Sqrt(variance+1e-5)*float64(s.Data[channel]) + bias
		}
	}
	return v + bias
}

// dense is one matrix of layer 0 times x, with its bias or batch norm.
func (h *harness) dense(prefix string, x []float64) []float64 {
	w := h.slot(0, prefix+" weights")
	y := make([]float64, len(w)/len(x))
	for i := range y {
		for j, v := range x {
			y[i] += float64(w[i*len(x)+j]) * v
		}
		y[i] = h.norm(prefix, i, y[i])
	}
	return y
}

// conv is one 3×3 convolution of layer 0 over x, with its bias or batch norm.
func (h *harness) conv(prefix string, x []float64, groups int) []float64 {
	in := h.net.Input()
	w, filters := h.slot(0, prefix+" weights"), len(h.slot(0, prefix+" biases"))
	out := convolve(image{len(x) / in.Plane(), in.H, in.W, x}, window{filters, 3, 1, 1, 1, 1, groups}, float64s(w))
	for i := range out.v {
		out.v[i] = h.norm(prefix, i/in.Plane(), out.v[i])
	}
	return out.v
}

// each applies f to sums of values that stand at the same place.
func each(f func(float64) float64, terms ...[]float64) []float64 {
	y := make([]float64, len(terms[0]))
	for i := range y {
		for _, x := range terms {
			y[i] += x[i]
		}
		y[i] = f(y[i])
	}
	return y
}

func sigma(x float64) float64    { return 1 / (1 + math.Exp(-x)) }
func identity(x float64) float64 { return x }
func tenth(x float64) float64    { return max(x, .1*x) } // leaky
func loggyOf(x float64) float64  { return 2*sigma(x) - 1 }

func TestRNN(t *testing.T) {
	for options, own := range map[string]func(float64) float64{
		"activation=leaky": tenth, "activation=leaky logistic=1": sigma, "activation=leaky logistic=2 batch_normalize=1": loggyOf,
		"activation=leaky shortcut=1": tenth, "activation=leaky shortcut=1 logistic=1": sigma,
	} {
		checkRecurrent(t, "net inputs=3\n rnn hidden=4 output=2 "+options, 4, func(h *harness, x []float64, m *memory) []float64 {
			old := m.h
			m.h = each(identity, each(tenth, h.dense("input", x)), each(own, h.dense("self", old)))
			if strings.Contains(options, "shortcut") {
				m.h = each(identity, m.h, old)
			}
			return each(tenth, h.dense("output", m.h))
		})
	}
}

func TestCRNN(t *testing.T) {
	for _, options := range []string{"", "shortcut=1", "batch_normalize=1 shortcut=1", "groups=2"} {
		groups := 1
		if strings.Contains(options, "groups") {
			groups = 2
		}
		checkRecurrent(t, "net width=4 height=3 channels=2\n crnn pad=1 hidden=4 output=2 activation=leaky "+options, 4*12,
			func(h *harness, x []float64, m *memory) []float64 {
				old := m.h
				m.h = each(identity, each(tenth, h.conv("input", x, groups)), each(tenth, h.conv("self", old, groups)))
				if strings.Contains(options, "shortcut") {
					m.h = each(identity, m.h, old)
				}
				return each(tenth, h.conv("output", m.h, groups))
			})
	}
	reports(t, cfg.Error, "changes the size of the state", "net width=4 height=3 channels=2\n crnn")
	reports(t, cfg.Error, "must keep its size", "net width=4 height=3 channels=2\n crnn pad=1 stride=2")
	reports(t, cfg.Error, "does not divide", "net width=4 height=3 channels=2\n crnn pad=1 groups=2 hidden=3")
}

func TestGRU(t *testing.T) {
	for _, options := range []string{"", "batch_normalize=1"} {
		checkRecurrent(t, "net inputs=3\n gru output=4 "+options, 4, func(h *harness, x []float64, m *memory) []float64 {
			z := each(sigma, h.dense("input_z", x), h.dense("state_z", m.h))
			r := each(sigma, h.dense("input_r", x), h.dense("state_r", m.h))
			for i := range r {
				r[i] *= m.h[i]
			}
			g := each(sigma, h.dense("input_h", x), h.dense("state_h", r))
			next := make([]float64, len(z))
			for i := range next {
				next[i] = z[i]*m.h[i] + (1-z[i])*g[i]
			}
			m.h = next
			return next
		})
	}
}

// lstmStep combines the gates, given before their activations.
func lstmStep(m *memory, f, i, g []float64, o func(c []float64) []float64) {
	f, i, g = each(sigma, f), each(sigma, i), each(math.Tanh, g)
	c := make([]float64, len(f))
	for j := range c {
		c[j] = f[j]*m.c[j] + i[j]*g[j]
	}
	m.c, m.h = c, each(math.Tanh, c)
	for j, v := range each(sigma, o(c)) {
		m.h[j] *= v
	}
}

func TestLSTM(t *testing.T) {
	for _, options := range []string{"", "batch_normalize=1"} {
		checkRecurrent(t, "net inputs=3\n lstm output=4 "+options, 4, func(h *harness, x []float64, m *memory) []float64 {
			gate := func(name string) []float64 { return each(identity, h.dense("w"+name, m.h), h.dense("u"+name, x)) }
			o := gate("o")
			lstmStep(m, gate("f"), gate("i"), gate("g"), func([]float64) []float64 { return o })
			return m.h
		})
	}
}

func TestConvLSTM(t *testing.T) {
	for _, options := range []string{"", "peephole=1", "peephole=1 batch_normalize=1 state_constrain=.05", "groups=2", "state_constrain=.01"} {
		groups, limit := 1, 32.
		for _, option := range strings.Fields(options) {
			switch option {
			case "groups=2":
				groups = 2
			case "state_constrain=.05":
				limit = .05
			case "state_constrain=.01":
				limit = .01
			}
		}
		peephole := strings.Contains(options, "peephole")
		checkRecurrent(t, "net width=4 height=3 channels=2\n conv_lstm pad=1 output=2 activation=leaky "+options, 2*12,
			func(h *harness, x []float64, m *memory) []float64 {
				activated := func(name string, in []float64) []float64 { return each(tenth, h.conv(name, in, groups)) }
				gate := func(name string) []float64 {
					sum := each(identity, activated("w"+name, m.h), activated("u"+name, x))
					if peephole && (name == "f" || name == "i") {
						sum = each(identity, sum, activated("v"+name, m.c))
					}
					return sum
				}
				o := gate("o")
				lstmStep(m, gate("f"), gate("i"), gate("g"), func(c []float64) []float64 {
					if peephole {
						return each(identity, o, activated("vo", c))
					}
					return o
				})
				m.c = each(func(v float64) float64 { return min(max(v, -limit), limit) }, m.c)
				return m.h
			})
	}
	reports(t, cfg.Error, "bottleneck=1 is not supported", "net width=4 height=3 channels=2\n conv_lstm pad=1 bottleneck=1")
}

func TestHistory(t *testing.T) {
	checkRecurrent(t, "net width=2 height=2 channels=2 time_steps=3\n history history_size=3", 2*8, func(h *harness, x []float64, m *memory) []float64 {
		h.shape(6, 2, 2)
		all := slices.Concat(x, m.h)
		m.h = all[:len(m.h)]
		return all
	})
	// With one time step there is nothing to remember.
	checkRecurrent(t, "net width=2 height=2 channels=2\n history history_size=3", 0, func(_ *harness, x []float64, _ *memory) []float64 {
		return append(x, make([]float64, 2*len(x))...)
	})
	checkRecurrent(t, "net width=2 height=2 channels=2 time_steps=9\n history history_size=1", 0, func(_ *harness, x []float64, _ *memory) []float64 { return x })
	reports(t, cfg.Warning, "time_steps=1", "net width=2 height=2 channels=2\n history")
}
