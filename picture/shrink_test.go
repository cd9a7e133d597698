package picture

import (
	"testing"

	"pgregory.net/rapid"
)

// TestShrink holds the size, and that the mean of all stays nearly the same where squares are whole.
func TestShrink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := noise(rapid.IntRange(1, 60).Draw(t, "w"), rapid.IntRange(1, 60).Draw(t, "h"))
		longest := rapid.IntRange(1, 70).Draw(t, "longest")
		out := m.Shrink(longest)
		if max(out.W, out.H) > longest || out.W < 1 || out.H < 1 || len(out.Pix) != 3*out.W*out.H {
			t.Fatalf("%d×%d becomes %d×%d", m.W, m.H, out.W, out.H)
		}
		if longest >= max(m.W, m.H) && out != m {
			t.Fatalf("%d×%d was small enough", m.W, m.H)
		}
		if out == m || m.W%out.W != 0 || m.H%out.H != 0 || m.W/out.W != m.H/out.H {
			return
		}
		sum := func(m *Image) (s float64) {
			for _, v := range m.Pix {
				s += float64(v)
			}
			return s / float64(len(m.Pix))
		}
		if d := sum(out) - sum(m); d > .5 || d < -.5 {
			t.Fatalf("the mean of %d×%d changes by %v", m.W, m.H, d)
		}
	})
}
