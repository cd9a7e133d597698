package ghostnet

import (
	"fmt"

	"github.com/ghostdark/ghostdark/checkpoint"
)

// arrays says where a layer's arrays of the weights file come from, by darknet's names of them.
type arrays map[string]array

// array is a tensor's values, times a factor and plus a shift, or values that come from no tensor.
type array struct {
	tensor        *checkpoint.Tensor
	factor, shift float64
	// change rearranges the values, if it isn't nil.
	change func(values []float32) []float32
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
	for i, v := range values {
		if name == "rolling_variance" && v < 0 {
			return nil, fmt.Errorf("%s: tensor %s: value %d of %d is %v: a variance can't be negative, the file is damaged", f.Name, from.tensor.Name, i, len(values), v)
		}
		values[i] = float32(float64(v)*from.factor + from.shift)
	}
	if from.change != nil {
		values = from.change(values)
	}
	return values, nil
}
