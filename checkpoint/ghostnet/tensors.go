package ghostnet

import (
	"fmt"
	"strings"

	"github.com/ghostdark/ghostdark/checkpoint"
)

// tensors finds a checkpoint's tensors by their official names, and notes what is wrong with them.
type tensors struct {
	*naming
	file   *checkpoint.File
	byName map[string]*checkpoint.Tensor // by the name without what stands before all of them
	prefix string
	taken  map[string]bool
	faults faults
}

// newTensors finds out which framework's names the tensors have, and what stands before these: `module.` where the network was trained
// on several devices, the name of the part of a larger model, or the scope of all of TensorFlow's.
func newTensors(f *checkpoint.File) (*tensors, error) {
	t := &tensors{file: f, byName: map[string]*checkpoint.Tensor{}, taken: map[string]bool{}}
	for _, entry := range f.Tensors {
		for _, n := range []*naming{pyTorch, tensorFlow} {
			prefix, ok := strings.CutSuffix(entry.Name, n.stem.weights())
			if !ok || prefix != "" && !strings.HasSuffix(prefix, n.separator) {
				continue
			}
			if t.naming != nil {
				return nil, fmt.Errorf("holds two networks, %s%s and %s: save one of them alone", t.prefix, t.stem.weights(), entry.Name)
			}
			t.naming, t.prefix = n, prefix
		}
	}
	if t.naming == nil {
		return nil, fmt.Errorf("this is no GhostNet in the official naming: it has no tensor %s, as PyTorch's has, or %s, as TensorFlow's; its first one is %q",
			pyTorch.stem.weights(), tensorFlow.stem.weights(), f.Tensors[0].Name)
	}
	for _, entry := range f.Tensors {
		if name, ok := strings.CutPrefix(entry.Name, t.prefix); ok {
			t.byName[name] = entry
		} else if !t.unneeded(entry.Name) {
			t.faults.unknown = append(t.faults.unknown, entry.Name)
		}
	}
	return t, nil
}

// has reports whether there is a tensor whose name begins so.
func (t *tensors) has(prefix string) bool {
	for name := range t.byName {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// hasPart reports whether there is a tensor of a convolution.
func (t *tensors) hasPart(p part) bool { return t.has(p.scope + t.separator) }

// filters returns what the weights of a convolution tell, see kernel.filters.
func (t *tensors) filters(p part) (f Filters, channels int) {
	if entry := t.byName[p.weights()]; entry != nil {
		return p.kernel.filters(entry.Dims)
	}
	return Filters{}, 0
}

// take returns the tensor of that name, which must have these extents; nil if there is none.
func (t *tensors) take(name string, dims ...int) *checkpoint.Tensor {
	entry := t.byName[name]
	if entry == nil {
		t.faults.missing = append(t.faults.missing, t.prefix+name)
		return nil
	}
	t.taken[name] = true
	if !equal(entry.Dims, dims) {
		t.faults.misshapen = append(t.faults.misshapen, fmt.Sprintf("%s (%s instead of %s)", entry.Name, shape(entry.Dims), shape(dims)))
	}
	return entry
}

// weights returns a convolution's weights in darknet's order.
func (t *tensors) weights(p part, f Filters, in, groups int) *checkpoint.Tensor {
	entry := t.take(p.weights(), p.kernel.dims(f, in, groups)...)
	if entry == nil || len(entry.Dims) != len(p.kernel.axes) {
		return entry // a fault
	}
	return entry.Permuted(p.kernel.axes)
}

// findUnknown notes the tensors that nothing has taken and that the network needs for more than training.
func (t *tensors) findUnknown() {
	for name, entry := range t.byName {
		if !t.taken[name] && !t.unneeded(name) {
			t.faults.unknown = append(t.faults.unknown, entry.Name)
		}
	}
}

// equal compares extents, of which none may be 0. A wanted one that is 0 isn't known, since it is that of a tensor with
// a fault of its own.
func equal(have, want []int) bool {
	if len(have) != len(want) {
		return false
	}
	for i := range want {
		if have[i] == 0 || want[i] != 0 && have[i] != want[i] {
			return false
		}
	}
	return true
}

// shape writes extents as 16×3×3×3.
func shape(dims []int) string {
	if len(dims) == 0 {
		return "a single value"
	}
	var parts []string
	for _, d := range dims {
		if d == 0 {
			parts = append(parts, "?")
			continue
		}
		parts = append(parts, fmt.Sprint(d))
	}
	return strings.Join(parts, "×")
}
