package models_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/models"
	"github.com/ghostdark/ghostdark/net"
)

func TestCatalogueIsWellFormed(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	sum := regexp.MustCompile(`^[0-9a-f]{64}$`)
	hosts := []string{"raw.githubusercontent.com", "github.com", "data.pjreddie.com", "pjreddie.com"}
	seen := map[string]bool{}
	for _, m := range models.Catalogue() {
		if !name.MatchString(m.Name) || seen[m.Name] {
			t.Errorf("the name %q", m.Name)
		}
		seen[m.Name] = true
		if m.Task != models.Detector && m.Task != models.Classifier || m.Data == "" || m.Licence == "" || !strings.HasPrefix(m.Page, "https://") {
			t.Errorf("%s: something is missing", m.Name)
		}
		if m.Cfg.SHA256 == "" || m.Cfg.Bytes == 0 || m.Weights.Bytes == 0 {
			t.Errorf("%s: sizes, or the sum of the cfg, are missing", m.Name)
		}
		for _, f := range []models.File{m.Cfg, m.Weights, m.Names} {
			if len(f.URLs) == 0 || f.SHA256 != "" && !sum.MatchString(f.SHA256) {
				t.Errorf("%s: %+v", m.Name, f)
			}
			for _, from := range f.URLs {
				u, err := url.Parse(from)
				if err != nil || u.Scheme != "https" || !slices.Contains(hosts, u.Host) || path.Clean(u.Path) != u.Path {
					t.Errorf("%s: the URL %s, %v", m.Name, from, err)
				}
			}
		}
		if got, ok := models.Find(models.Catalogue(), strings.ToUpper(m.Name)); !ok || got.Name != m.Name {
			t.Errorf("%s is not found", m.Name)
		}
	}
	if _, ok := models.Find(models.Catalogue(), "yolo"); ok {
		t.Error("there is a model yolo")
	}
}

// TestCatalogueFitsCfgs compares the catalogue with the published cfgs: their bytes, the size of
// weights that they ask for, the class names, and what they are for.
func TestCatalogueFitsCfgs(t *testing.T) {
	zoo := testkit.Shared(t, "zoo/cfg")
	trained := testkit.Shared(t, "models")
	for _, m := range models.Catalogue() {
		t.Run(m.Name, func(t *testing.T) {
			folder := zoo
			if strings.HasPrefix(m.Name, "yolo-fastest") {
				folder = trained
				checkFile(t, filepath.Join(folder, m.Name+".weights"), m.Weights)
			}
			file := filepath.Join(folder, path.Base(m.Cfg.URLs[0]))
			checkFile(t, file, m.Cfg)
			g, err := net.Read(file, net.Options{})
			if err != nil {
				t.Fatal(err)
			}
			header := int64(0)
			switch m.Name {
			case "yolov2", "yolov2-tiny-voc": // from before darknet 0.2
				header = 4
			}
			if want := g.Totals().WeightsBytes - header; m.Weights.Bytes != want {
				t.Errorf("weights of %d bytes, the cfg wants %d", m.Weights.Bytes, want)
			}
			if heads := len(g.Heads()) > 0; heads != (m.Task == models.Detector) {
				t.Errorf("it has heads: %v", heads)
			}
			if classes := g.Classes(); m.Names.Lines > 0 && classes != m.Names.Lines || m.Data == "COCO" && classes != 80 {
				t.Errorf("%d classes", classes)
			}
		})
	}
	checkFile(t, filepath.Join(trained, "coco.names"), models.Catalogue()[0].Names)
}

func checkFile(t *testing.T, file string, want models.File) {
	t.Helper()
	data := testkit.Bytes(t, file)
	if int64(len(data)) != want.Bytes {
		t.Errorf("%s: %d bytes, want %d", file, len(data), want.Bytes)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want.SHA256 {
		t.Errorf("%s: its sum is %x, want %s", file, sum, want.SHA256)
	}
}
