package feishu

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPostsBothWays(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	zhang := b.user("张伟")
	image := b.uploadImage()
	id := b.sent(chat, "post", encode(obj{"en_us": obj{"title": "Title", "content": []any{
		[]any{obj{"tag": "text", "text": "<at user_id=\"all\">x</at> "}, obj{"tag": "a", "text": "there", "href": "https://a.example"}, obj{"tag": "at", "user_id": zhang}},
		[]any{obj{"tag": "md", "text": "**bold** <at id=" + zhang + "></at>"}},
		[]any{obj{"tag": "img", "image_key": image}},
		[]any{obj{"tag": "hr"}},
		[]any{obj{"tag": "code_block", "text": "go test", "language": "GO"}},
		[]any{obj{"tag": "at", "user_id": "all"}},
	}}}))
	m := b.message(chat, id)
	require.Equal(t, "Title\n<at user_id=\"all\">x</at> there@张伟\nbold @张伟\n\n\ngo test\n@所有人", m["text"], "a text element holds words, whatever they look like")
	require.Equal(t, []any{zhang, zhang, "all"}, m["mentions"])
	require.Equal(t, image, m["image_key"])

	var got struct {
		Title   string
		Content [][]obj
	}
	require.NoError(t, json.Unmarshal([]byte(*b.get(id).Body.Content), &got))
	require.Equal(t, "Title", got.Title)
	require.Equal(t, "@_user_1", got.Content[0][2]["user_id"])
	require.Equal(t, "张伟", got.Content[0][2]["user_name"])
	require.Equal(t, "text", got.Content[1][0]["tag"], "markdown is for sending only")
	require.Equal(t, "@_all", got.Content[5][0]["user_id"])

	for name, paragraph := range map[string]any{
		"no list":           "x",
		"no object":         []any{"x"},
		"text without text": []any{obj{"tag": "text"}},
		"link without href": []any{obj{"tag": "a", "text": "x"}},
		"md of nobody":      []any{obj{"tag": "md", "text": "<at id=ou_x></at>"}},
		"video not there":   []any{obj{"tag": "media", "file_key": "x"}},
	} {
		resp := b.send("chat_id", chat, "post", encode(obj{"zh_cn": obj{"content": []any{paragraph}}}), "")
		require.Equal(t, 230001, resp.Code, name)
	}
}

func TestTypedPostWithMentions(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	b.says("张伟", obj{"text": "看 @李娜 这张\n@_user_9 不是人", "mention_bot": true, "mentions": []string{b.user("李娜")}, "images": []obj{{"data": "data:image/png;base64," + pixel, "filename": "a.png"}}})
	m := e.last().Event.Message
	require.Equal(t, "post", *m.MessageType)
	require.Len(t, m.Mentions, 2)
	var got struct{ Content [][]obj }
	require.NoError(t, json.Unmarshal([]byte(*m.Content), &got))
	var line []string
	for _, node := range got.Content[0] {
		line = append(line, str(node, "tag")+" "+str(node, "text")+str(node, "user_id"))
	}
	require.Equal(t, []string{"at @_user_1", "text  看 ", "at @_user_2", "text  这张"}, line)
	require.Equal(t, "@_user_9 不是人", got.Content[1][0]["text"])
	require.Equal(t, "img", got.Content[2][0]["tag"])

	b.says("张伟", obj{"images": []obj{{"data": pixel, "filename": "a.png"}}})
	require.Equal(t, "image", *e.last().Event.Message.MessageType, "a bare image is no post")
	b.says("张伟", obj{"file": obj{"data": "eA==", "filename": "clip.MP4"}})
	require.Equal(t, "media", *e.last().Event.Message.MessageType)
}

func TestMarkdownWords(t *testing.T) {
	b := newBench(t)
	for text, want := range map[string]string{
		"**a** *b* ~~c~~ `d`":           "a b c d",
		"# head\n## two":                "head\ntwo",
		"a<br>b<br/>c":                  "a\nb\nc",
		"![pic](img_v3_x) [l](https:x)": "pic l",
		"<font color='red'>r</font>":    "r",
		"1 < 2 > 0, a*b, 2 * 3 * 4":     "1 < 2 > 0, a*b, 2 * 3 * 4",
		"&lt;b&gt;":                     "&lt;b&gt;",
	} {
		words, _, unknown := b.s.markdown(text)
		require.Equal(t, want, words)
		require.Empty(t, unknown)
	}
	zhang, li := b.user("张伟"), b.user("李娜")
	words, pings, _ := b.s.markdown(`<at ids="` + zhang + "," + li + `"></at> <at id=all></at>`)
	require.Equal(t, "@张伟 @李娜 @所有人", words)
	require.Equal(t, []string{zhang, li, "all"}, pings)
}

func TestPeopleAndPicturesOnCards(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	zhang, image := b.user("张伟"), b.uploadImage()
	person := func(id string) obj { return obj{"tag": "person_list", "persons": []any{obj{"id": id}}} }
	images := func(key string) obj {
		return obj{"tag": "img_combination", "combination_mode": "double", "img_list": []any{obj{"img_key": key}}}
	}
	choose := func(id string) obj {
		return obj{"tag": "select_person", "name": "who", "options": []any{obj{"value": id}}, "behaviors": []any{obj{"type": "callback"}}}
	}
	for _, e := range []obj{person("ou_x"), images("img_x"), choose("ou_x")} {
		require.Equal(t, 230099, b.send("chat_id", chat, "interactive", cardOf(e), "").Code, "%v", e)
	}
	cells := obj{"tag": "table", "columns": []any{obj{"name": "a", "display_name": "谁", "data_type": "persons"}, obj{"name": "n", "data_type": "number"}, obj{"name": "o", "data_type": "options"}},
		"rows": []any{obj{"a": []any{obj{"id": zhang}}, "n": 3, "o": []any{obj{"text": "急"}}}}}
	m := b.message(chat, b.sent(chat, "interactive", cardOf(person(zhang), images(image), choose(zhang), cells)))
	require.Equal(t, "工单 HLDL-0001\n张伟\n谁  \n张伟 3 急", m["text"])
	require.Equal(t, []any{"张伟"}, m["buttons"])
}
