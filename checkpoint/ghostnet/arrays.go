package ghostnet

import (
	"fmt"
	"strings"

	"github.com/ghostdark/ghostdark/checkpoint"
)

// arrays says where a layer's arrays of the weights file come from, by darknet's names of them.
type arrays map[string]array

// array is a tensor's values, multiplied by a factor, or values that come from no tensor.
type array struct {
	tensor *checkpoint.Tensor
	factor float32
	values []float32
}

// read returns the values of the array that darknet names so.
func (a arrays) read(f *checkpoint.File, name string) ([]float32, error) {
	from, known := a[name]
	if !known {
		panic("BUG: ghostnet: no tensor for " + name)
	}
	if from.tensor == nil {
		return from.values, nil
	}
	values, err := f.Float32s(from.tensor)
	if err != nil {
		return nil, err
	}
	for i := range values {
		if name == "rolling_variance" && values[i] < 0 {
			return nil, fmt.Errorf("tensor %s: value %d of %d is %v: a variance can't be negative, the file is damaged", from.tensor.Name, i, len(values), values[i])
		}
		values[i] *= from.factor
	}
	return values, nil
}

// take returns the tensor of that name, which must have these extents, times a factor.
func (t *tensors) take(name string, factor float32, dims ...int) array {
	entry := t.byName[name]
	if entry == nil {
		t.faults.missing = append(t.faults.missing, t.prefix+name)
		return array{}
	}
	t.taken[name] = true
	if !equal(entry.Dims, dims) {
		t.faults.misshapen = append(t.faults.misshapen, fmt.Sprintf("%s (%s instead of %s)", entry.Name, shape(entry.Dims), shape(dims)))
	}
	return array{tensor: entry, factor: factor}
}

// findUnknown notes the tensors that nothing has taken. The numbers of batches that batch norm has seen
// in training aren't needed.
func (t *tensors) findUnknown() {
	for name, entry := range t.byName {
		if !t.taken[name] && !strings.HasSuffix(name, ".num_batches_tracked") {
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
