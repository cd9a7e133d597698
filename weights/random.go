package weights

import (
	"math"
	"math/rand/v2"
)

// Randomize gives every slot new Data from a seed, the same on all machines. Weight arrays are
// uniform in ±sqrt(2/FanIn), which keeps the size of a signal through the layers, as in
// darknet's own initialization; variances are within 1±0.25, and the other arrays within
// Fill±0.1, so that batch norm does something.
func Randomize(slots []*Slot, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, s := range slots {
		s.allocate()
		middle, spread := s.Fill, float32(0.1)
		switch {
		case s.FanIn > 0:
			middle, spread = 0, float32(math.Sqrt(2/float64(s.FanIn)))
		case s.Name == rollingVariance:
			middle, spread = 1, 0.25
		}
		for i := range s.Data {
			// The conversion forbids fusing the multiplication with the addition, which
			// would make the values depend on the machine.
			s.Data[i] = middle + float32(spread*(2*rng.Float32()-1))
		}
	}
}
