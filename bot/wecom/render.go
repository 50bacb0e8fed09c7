package wecom

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// labels are the names that WeCom's Chinese client gives to kinds of messages. What a contact sent is shown to the engineer as the client shows
// it, whatever the desk's language.
var labels = map[string]string{
	"image": "图片", "voice": "语音", "video": "视频", "file": "文件",
	"location": "位置", "link": "链接", "business_card": "名片", "miniprogram": "小程序", "msgmenu": "菜单",
	"channels_shop_product": "视频号商品", "channels_shop_order": "视频号订单", "channels": "视频号",
	"merged_msg": "聊天记录", "meeting": "会议", "schedule": "日程", "note": "笔记",
}

const (
	// deepest is how far forwarded records inside forwarded records are shown.
	deepest = 3
	// longestKind bounds the name of an unknown kind, in bytes.
	longestKind = 40
)

// render makes a message of any kind readable: its label, and what it says of itself.
func render(kind string, body fields, depth int) string {
	parts := []string{label(kind)}
	switch kind {
	case "text":
		return body.text("content")
	case "location":
		parts = append(parts, body.text("name"), body.text("address"))
		if body.text("name") == "" && body.text("address") == "" {
			parts = append(parts, joined(",", body.text("latitude"), body.text("longitude")))
		}
	case "link":
		parts = append(parts, body.text("title"), body.text("url"))
	case "business_card":
		parts = append(parts, body.text("userid"))
	case "msgmenu":
		parts = append(parts, menuLines(body)...)
	case "channels_shop_product":
		parts = append(parts, body.text("title"), price(body), body.text("shop_nickname"))
	case "channels_shop_order":
		parts = append(parts, body.text("order_id"), body.text("product_titles"), body.text("price_wording"),
			body.text("state"), body.text("shop_nickname"))
	case "channels":
		parts = append(parts, body.text("nickname"), body.text("title"))
	case "merged_msg":
		return strings.Join(append([]string{joined(" ", label(kind), body.text("title"))}, mergedLines(body, depth)...), "\n")
	default:
		parts = append(parts, body.text("title"), body.text("name"))
	}
	return joined(" ", parts...)
}

func label(kind string) string {
	if l, ok := labels[kind]; ok {
		return "[" + l + "]"
	}
	return "[" + clip(kind, longestKind) + "]"
}

// price is sales_price, which counts fen.
func price(body fields) string {
	if body.text("sales_price") == "" {
		return ""
	}
	fen := body.number("sales_price")
	return fmt.Sprintf("¥%d.%02d", fen/100, fen%100)
}

func menuLines(body fields) []string {
	lines := []string{body.text("head_content")}
	for _, item := range body.objects("list") {
		lines = append(lines, item.object(item.text("type")).text("content"))
	}
	return append(lines, body.text("tail_content"))
}

// mergedLines shows a forwarded record, one line a message; each message is JSON in a string.
func mergedLines(body fields, depth int) []string {
	if depth >= deepest {
		return nil
	}
	var lines []string
	for _, item := range body.objects("item") {
		kind := item.text("msgtype")
		var content fields
		if err := json.Unmarshal([]byte(item.text("msg_content")), &content); err != nil {
			content = item.object("msg_content")
		}
		if inner := content.object(kind); inner != nil {
			content = inner
		}
		lines = append(lines, joined(": ", item.text("sender_name"), render(kind, content, depth+1)))
	}
	return lines
}

// joined joins what is not empty.
func joined(sep string, parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}

// clip cuts s to at most limit bytes on a rune border.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
