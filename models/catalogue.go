package models

import (
	"slices"
	"strings"
)

// Licences as their publishers word them.
const (
	yoloLicence = "YOLO LICENSE, Version 2 (public domain)"
	// Of files on darknet's old web site; what is there has no licence of its own.
	oldSite = "darknet's is the YOLO LICENSE, Version 2 (public domain); the weights' page names none"
	v7      = "YOLO LICENSE, Version 2; the authors' repository of YOLOv7 has GPL-3.0"
)

// Where files lie. Texts are named by commit, so that they never change.
const (
	alexeyAB     = "https://raw.githubusercontent.com/AlexeyAB/darknet/59596d7880f6504768df41d6daa586f5cb2b932f/"
	pjreddie     = "https://raw.githubusercontent.com/pjreddie/darknet/f6afaabcdf85f77e7aff2ec55c020c0e297c77f9/"
	releases     = "https://github.com/AlexeyAB/darknet/releases/download/"
	fastest      = "https://raw.githubusercontent.com/dog-qiuqiu/Yolo-Fastest/99d03d0f26e2555275bdb30f43479d47cc19311f/ModelZoo/yolo-fastest-1.1_coco/"
	fastestXL    = "https://raw.githubusercontent.com/dog-qiuqiu/Yolo-Fastest/9c62b1c50e024fb73d29a651133b1d63548e63a1/ModelZoo/yolo-fastest-1.1_coco/"
	alexeyABPage = "https://github.com/AlexeyAB/darknet"
	yoloPage     = "https://pjreddie.com/darknet/yolo/"
	imageNetPage = "https://pjreddie.com/darknet/imagenet/"
	fastestPage  = "https://github.com/dog-qiuqiu/Yolo-Fastest"
)

// Lists of class names.
var (
	coco = File{URLs: []string{alexeyAB + "data/coco.names"}, Bytes: 625,
		SHA256: "634a1132eb33f8091d60f2c346ababe8b905ae08387037aed883953b7329af84"}
	voc        = File{URLs: []string{pjreddie + "data/voc.names"}, Lines: 20}
	openImages = File{URLs: []string{pjreddie + "data/openimages.names"}, Lines: 601}
	imageNet   = File{URLs: []string{pjreddie + "data/imagenet.shortnames.list"}, Lines: 1000}
)

// release is a weights file that belongs to a release of AlexeyAB's darknet.
func release(tag, name string, bytes int64, sum string) File {
	return File{URLs: []string{releases + tag + "/" + name + ".weights"}, Bytes: bytes, SHA256: sum}
}

// site is a weights file on the web site of darknet's author, which has moved.
func site(name string, bytes int64, sum string) File {
	return File{URLs: []string{
		"https://data.pjreddie.com/files/" + name + ".weights",
		"https://pjreddie.com/media/files/" + name + ".weights",
	}, Bytes: bytes, SHA256: sum}
}

// doubtful is a file on that site of which only this is known: what its cfg asks for. The header was shorter
// by 4 bytes before darknet 0.2.
func doubtful(name string, bytes int64) File {
	f := site(name, bytes, "")
	f.Less = 4
	return f
}

// cfgOf is a cfg in AlexeyAB's darknet.
func cfgOf(name string, bytes int64, sum string) File {
	return File{URLs: []string{alexeyAB + "cfg/" + name + ".cfg"}, Bytes: bytes, SHA256: sum}
}

// Tags of releases.
const (
	tagV4    = "darknet_yolo_v3_optimal"
	tagV4pre = "darknet_yolo_v4_pre"
	tagV7    = "yolov4"
)

// published lists what Catalogue returns. Sizes of weights are those that the cfgs ask for; the
// SHA-256 is there where several projects that check it agree on it, or the file was at hand.
var published = []Model{
	{"yolo-fastest-1.1", Detector, "COCO", yoloLicence, fastestPage,
		File{URLs: []string{fastest + "yolo-fastest-1.1.cfg"}, Bytes: 9685, SHA256: "f6df5775c1e862998cf69046eba9265be3ae84dfe8b2caab7529823f0795bf70"},
		File{URLs: []string{fastest + "yolo-fastest-1.1.weights"}, Bytes: 1384268, SHA256: "1c445c42bbd6df63edea2cc69f99667b5650d663ca11e34b116240740cd42890"}, coco},
	{"yolo-fastest-1.1-xl", Detector, "COCO", yoloLicence, fastestPage,
		File{URLs: []string{fastestXL + "yolo-fastest-1.1-xl.cfg"}, Bytes: 9696, SHA256: "c458427acc4fbeabceff4528ef7b65b066c0308ce599460f8ba299eba63abad3"},
		File{URLs: []string{fastestXL + "yolo-fastest-1.1-xl.weights"}, Bytes: 3693964, SHA256: "fac5fb41786c1f38f04972a658443b189f48720d7d117f9a044100e98a35b0c5"}, coco},
	{"yolov2", Detector, "COCO", oldSite, yoloPage,
		cfgOf("yolo", 2726, "afebabb788afb2c34912f97a2274ed4570eff8bda57cbd2a0b94e042d74d9e09"),
		site("yolov2", 203934260, "d9945162ed6f54ce1a901e3ec537bdba4d572ecae7873087bd730e5a7942df3f"), coco},
	{"yolov2-tiny", Detector, "COCO", oldSite, yoloPage,
		cfgOf("yolov2-tiny", 1488, "58e8f4390c8080a90a40f3b7ec5868ee9ae32519f3c08f57d104e494de04b34d"),
		site("yolov2-tiny", 44948600, ""), coco},
	{"yolov2-tiny-voc", Detector, "Pascal VOC", oldSite, yoloPage,
		cfgOf("yolov2-tiny-voc", 1456, "1e012b455b845579096378b0ab4a82f1d9cb53b3b1282724a6de5d45537cb7e6"),
		site("yolov2-tiny-voc", 63471556, ""), voc},
	{"yolov3", Detector, "COCO", oldSite, yoloPage,
		cfgOf("yolov3", 8342, "370c7b08d2350fd105a79af9b106c02217d659cd2a5c1e8319a65fa4ced610fa"),
		site("yolov3", 248007048, "523e4e69e1d015393a1b0a441cef1d9c7659e3eb2d7e15f793f060a21b32f297"), coco},
	{"yolov3-openimages", Detector, "Open Images", oldSite, yoloPage,
		cfgOf("yolov3-openimages", 8346, "ec8bb5ccff5ad0ca9972bfbb0b6cc289844ce0fa24a079cb52dc5c24f683cb1e"),
		doubtful("yolov3-openimages", 259229388), openImages},
	{"yolov3-spp", Detector, "COCO", oldSite, yoloPage,
		cfgOf("yolov3-spp", 8606, "7a4ec2d7427340fb12059f2b0ef76d6fcfcac132cc287cbbf0be5e3abaa856fd"),
		site("yolov3-spp", 252209544, "87a1e8c85c763316f34e428f2295e1db9ed4abcec59dd9544f8052f50de327b4"), coco},
	{"yolov3-tiny", Detector, "COCO", oldSite, yoloPage,
		cfgOf("yolov3-tiny", 1915, "84eb7a675ef87c906019ff5a6e0effe275d175adb75100dcb47f0727917dc2c7"),
		site("yolov3-tiny", 35434956, "dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c"), coco},
	{"yolov4", Detector, "COCO", yoloLicence, alexeyABPage,
		cfgOf("yolov4", 12231, "a6d0f8e5c62cc8378384f75a8159b95fa2964d4162e33351b00ac82e0fc46a34"),
		release(tagV4, "yolov4", 257717640, "e8a4f6c62188738d86dc6898d82724ec0964d0eb9d2ae0f0a9d53d65d108d562"), coco},
	{"yolov4-csp", Detector, "COCO", yoloLicence, alexeyABPage,
		cfgOf("yolov4-csp", 13476, "768acad80dee117ff72aa5c3912ee6641fc19ee86ffdb5c04bb5d7a64105996f"),
		release(tagV4pre, "yolov4-csp", 211944840, ""), coco},
	{"yolov4-csp-swish", Detector, "COCO", yoloLicence, alexeyABPage,
		cfgOf("yolov4-csp-swish", 14260, "cbc3273749d68120dbf02e08cb8ee7b1a5d7d4cebfeefcc9832291cd491dbba8"),
		release(tagV4pre, "yolov4-csp-swish", 211944840, ""), coco},
	{"yolov4-csp-x-swish", Detector, "COCO", yoloLicence, alexeyABPage,
		cfgOf("yolov4-csp-x-swish", 16382, "7182fe037bb19bf9e82f8d7ced392be70676b7a6528636a97471fc013866a5d1"),
		release(tagV4pre, "yolov4-csp-x-swish", 399388168, ""), coco},
	{"yolov4-p5", Detector, "COCO", yoloLicence, alexeyABPage,
		cfgOf("yolov4-p5", 19391, "7901747024b8414bf4ba7a4401e5d5cd397043620bbb7059eda4130a345fbe0b"),
		release(tagV4pre, "yolov4-p5", 283669892, ""), coco},
	{"yolov4-p6", Detector, "COCO", yoloLicence, alexeyABPage,
		cfgOf("yolov4-p6", 24437, "6e7dc303cf8b455d6e9e6f993138dfe8460e7de0310c351e83fc0d6b1238ce97"),
		release(tagV4pre, "yolov4-p6", 510868180, ""), coco},
	{"yolov4-tiny", Detector, "COCO", yoloLicence, alexeyABPage,
		cfgOf("yolov4-tiny", 3231, "f858e3724962eedf3ac44e3b6cb3f0c3d9ed067c306bb831f539c578b924c90e"),
		release(tagV4pre, "yolov4-tiny", 24251276, "cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87"), coco},
	{"yolov4x-mish", Detector, "COCO", yoloLicence, alexeyABPage,
		cfgOf("yolov4x-mish", 15117, "c26cdc3a9761c9876044665f07a9af1b98724b37ba318ec750195031dd81b802"),
		release(tagV4pre, "yolov4x-mish", 399388168, ""), coco},
	{"yolov7-tiny", Detector, "COCO", v7, alexeyABPage,
		cfgOf("yolov7-tiny", 7562, "9fbd49151721a52d23112717c0d66552363c899befb8920a7c6857f4d9d8ba46"),
		release(tagV7, "yolov7-tiny", 24967560, ""), coco},
	{"yolov7x", Detector, "COCO", v7, alexeyABPage,
		cfgOf("yolov7x", 12126, "93d3175e6a13672a27e7496779474f0f498d0e55a47dfe5c2fd060be316a1dd7"),
		release(tagV7, "yolov7x", 285638760, ""), coco},

	{"alexnet", Classifier, "ImageNet", oldSite, imageNetPage,
		cfgOf("alexnet", 879, "9e8f4dedd1f922120a2d03f64ecd6dd26175556f1416159bae5cf33bfb7185ab"), doubtful("alexnet", 249513396), imageNet},
	{"darknet19", Classifier, "ImageNet", oldSite, imageNetPage,
		cfgOf("darknet19", 1963, "7608680de8babdcfb890f403209b01ca0d4b7903cc3cffbf2375221ecfdccec4"), doubtful("darknet19", 83427124), imageNet},
	{"darknet19_448", Classifier, "ImageNet", oldSite, imageNetPage,
		cfgOf("darknet19_448", 2046, "18b0a0a833e31d92ae8f32ebfe5a71a63148f2821291a329261346719881d4e0"), doubtful("darknet19_448", 83427124), imageNet},
	{"darknet53", Classifier, "ImageNet", oldSite, imageNetPage,
		cfgOf("darknet53", 5815, "06565ce38a061e1443ce942d286791e113fd3fefea58c57c1d5e5ebafdbd76d6"), doubtful("darknet53", 166582580), imageNet},
	{"densenet201", Classifier, "ImageNet", oldSite, imageNetPage,
		cfgOf("densenet201", 19764, "1970c4088ee3a9301fbb13dd1703587b2b7cd4fad4eff1ed36b91a8fb82b07d8"), doubtful("densenet201", 68825780), imageNet},
	{"resnet50", Classifier, "ImageNet", oldSite, imageNetPage,
		cfgOf("resnet50", 5272, "3c2e57a977ecd85dcd248afbdcc2036556b77421d506276771087fde5dd6a9d1"), doubtful("resnet50", 91303604), imageNet},
	{"resnet152", Classifier, "ImageNet", oldSite, imageNetPage,
		cfgOf("resnet152", 15366, "f8bc900bc620371a98f58b04744c2f3ac4d873ea0d85cd90a99910a1cf45abec"), doubtful("resnet152", 230239924), imageNet},
	{"vgg-16", Classifier, "ImageNet", oldSite, imageNetPage,
		cfgOf("vgg-16", 1408, "2cfa2c2d37cd490e95f3c9c6cdbc9f43140a6eaab07a15a319b671a2ef00e244"), doubtful("vgg-16", 553430196), imageNet},
}

// Catalogue returns the well-known models, in the order of their names: detectors first, then classifiers.
func Catalogue() []Model { return slices.Clone(published) }

// Find returns the model of that name, whatever the case of its letters.
func Find(all []Model, name string) (Model, bool) {
	i := slices.IndexFunc(all, func(m Model) bool { return strings.EqualFold(m.Name, name) })
	if i < 0 {
		return Model{}, false
	}
	return all[i], true
}

// Names returns the models' names.
func Names(all []Model) []string {
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = m.Name
	}
	return names
}
