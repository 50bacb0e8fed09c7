package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStoryWindowSpentAndRenewed(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("看板数据两个小时没有刷新")
		card := s.Card("看板数据")
		li.Sees("HLDL-0001")
		zhang.Presses(card.card, "接单")
		s.Fault("wecom", "/cgi-bin/kf/send_msg", 0, map[string]any{"http_status": 503}) // so that all five wait together
		var replies []string
		for i := range 5 {
			replies = append(replies, zhang.Tells(card, fmt.Sprintf("第%d步：请检查第%d台采集网关", i+1, i+1)))
		}
		s.until("all five wait", func() bool { return s.backlog().Inbox == 0 })
		s.Heal()
		for _, r := range replies {
			s.Echo(r, "CheckMark")
		}
		heard := li.Heard("步：请检查")
		require.Len(t, heard, 2, "the last four share a place, so that two stay")
		inOrder(t, heard[0].Text+heard[1].Text, "第1步", "第2步", "第3步", "第4步", "第5步")
		card.Shows("余 2 条")

		sixth := zhang.Tells(card, "第6步：把采集服务重启一次")
		card.Sees("先排队", "第6步")
		seventh := zhang.Tells(card, "第7步：再看一次看板")
		card.Sees("先排队", "第7步")
		s.Settle()
		require.Equal(t, 2, s.backlog().Held)
		li.SeesNot("第6步")
		require.Empty(t, s.find(sixth).Reactions)

		// Both places that were kept are used while the replies still wait.
		zhang.Types(card, "/解决 网关固件已升级")
		li.Taps("已解决")
		li.Taps("5 非常满意")
		card.Sees("李工评分")
		s.Settle()
		li.SeesNot("第6步")
		require.Equal(t, 2, s.backlog().Held)

		li.Says("谢谢")
		li.Sees("第7步")
		s.Echo(sixth, "CheckMark")
		s.Echo(seventh, "CheckMark")
		s.Settle()
		require.Zero(t, s.backlog().Held)
		all := ""
		for _, m := range li.Heard("步：") {
			all += m.Text
		}
		for i := range 7 {
			require.Equal(t, 1, strings.Count(all, fmt.Sprintf("第%d步", i+1)))
		}
		inOrder(t, all, "第5步", "第6步", "第7步")
	})
}

func TestStoryWindowShutByTime(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("批号追溯查不到原料")
		card := s.Card("批号追溯")
		zhang.Presses(card.card, "接单")
		s.Forward(49 * time.Hour)
		waiting := zhang.Tells(card, "原料批号已经补录好了")
		card.Sees("先排队", "发送窗口已关闭")
		zhang.Types(card, "/解决 补录了原料批号，请再查一次")
		card.Sees("还不能问客户是否解决")
		s.Settle()
		require.Equal(t, 2, s.backlog().Held)

		li.Says("还是查不到原料，怎么回事")
		li.Sees("原料批号已经补录好了")
		s.Echo(waiting, "CheckMark")
		asked := li.Sees("已解决", "未解决", "补录了原料批号")
		require.Greater(t, asked.Seq, li.Sees("批号已经补录好了").Seq, "in order")
		s.Settle()
		card.Shows("等待客户确认")
		li.SeesNot("重新打开")
		s.Forward(71 * time.Hour)
		card.Shows("等待客户确认")
		s.Forward(time.Hour)
		card.Shows("已确认")
	})
}

func TestStoryALongSolutionGoesBeforeItsQuestion(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("成本结转卡住了")
		card := s.Card("成本结转")
		zhang.Tells(card, "先看一下结转日志")
		li.Sees("先看一下结转日志")
		zhang.Tells(card, "日志里有死锁")
		li.Sees("日志里有死锁")
		zhang.Types(card, "/解决 "+strings.Repeat("先停止结转任务，再清理锁表，最后重新结转。", 30))
		asked := li.Sees("已发在上面", "已解决")
		text := li.Sees("最后重新结转")
		require.Equal(t, "text", text.MsgType)
		require.Less(t, text.Seq, asked.Seq)
		require.NotContains(t, text.Text, "已解决")
		card.Shows("余 0 条")
		li.Taps("未解决")
		card.Shows("重新处理")
		zhang.Types(card, "/解决 补了一次结转")
		card.Sees("还不能问客户是否解决")
		li.Says("补了吗")
		li.Sees("补了一次结转", "已解决")

		s.Forward(24 * time.Hour)
		li.Says("我明天上班再看")
		card.Sees("我明天上班再看")
		s.Forward(71 * time.Hour)
		card.Shows("等待客户确认", "2026-03-06 09:30")
		s.Forward(time.Hour)
		card.Shows("已确认")
	})
}

// picture is a small image unlike any other.
func picture(t *testing.T, seed uint8) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		img.Set(i%16, i/16, color.RGBA{seed, uint8(i), seed ^ uint8(i), 255})
	}
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, img))
	return out.Bytes()
}

func TestStoryImagesBothWays(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("标签打印位置偏了")
		card := s.Card("标签打印")
		screen := picture(t, 7)
		li.SendsImage(screen)
		var shot post
		s.until("the picture stands in the topic", func() bool {
			for _, p := range card.posts() {
				if p.ImageKey != "" && p.SenderType == "app" {
					shot = p
				}
			}
			return shot.ImageKey != ""
		})
		require.Equal(t, screen, s.bytes("/control/feishu/resources/"+shot.ImageKey))

		hint := picture(t, 99)
		both := zhang.Writes(card.room, utterance{text: "请把左边距改成这样", desk: true, images: [][]byte{hint}})
		li.Sees("请把左边距改成这样")
		s.Echo(both, "CheckMark")
		require.Equal(t, [][]byte{hint}, li.pictures())

		inside := picture(t, 150)
		zhang.Writes(card.room, utterance{images: [][]byte{inside}})
		offer := card.Sees("没有发给客户")
		require.Contains(t, offer.Buttons, "发给客户")
		s.Settle()
		require.Len(t, li.pictures(), 1, "a bare picture is internal")
		may := s.Feishu("刘洋").Presses(offer.MessageID, "发给客户")
		require.Equal(t, "error", may.Toast.Type)
		require.Contains(t, may.Toast.Content, "/回复 只有")
		zhang.Presses(offer.MessageID, "发给客户")
		s.until("the picture is sent", func() bool { return len(li.pictures()) == 2 })
		require.Equal(t, inside, li.pictures()[1])
		again := zhang.Presses(offer.MessageID, "发给客户")
		require.Contains(t, again.Toast.Content, "已经发给客户")
		s.Settle()
		require.Len(t, li.pictures(), 2)

		zhang.Types(card, "/单 历史")
		card.Sees("李工 说：[图片]")
		first := s.WeCom("吴会计")
		first.SendsImage(screen)
		s.Card("XWJX-0001", "[图片]")
	})
}

func TestStoryFilesBothWays(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("日志在附件里")
		card := s.Card("日志在附件里")
		data := bytes.Repeat([]byte("日志\n"), 500)
		li.sends(map[string]any{"msgtype": "file", "data": data, "filename": "日志.txt"})
		var file post
		s.until("the file stands in the topic", func() bool {
			for _, p := range card.posts() {
				if p.FileKey != "" {
					file = p
				}
			}
			return file.FileKey != ""
		})
		require.Equal(t, "日志.txt", file.Filename)
		require.Equal(t, data, s.bytes("/control/feishu/resources/"+file.FileKey))

		plan := []byte("%PDF-1.4 一份方案")
		zhang.Writes(card.room, utterance{file: plan})
		offer := card.Sees("没有发给客户")
		zhang.Presses(offer.MessageID, "发给客户")
		var got said
		s.until("the file is sent", func() bool {
			for _, m := range li.Heard() {
				if m.MsgType == "file" {
					got = m
				}
			}
			return got.MediaID != ""
		})
		require.Equal(t, "方案.pdf", got.Filename)
		require.Equal(t, plan, li.Media(got.MediaID))
	})
}

// pictures are the bytes of the desk's images, oldest first.
func (c *contact) pictures() [][]byte {
	c.s.t.Helper()
	var out [][]byte
	for _, m := range c.Heard() {
		if m.MsgType == "image" {
			out = append(out, c.Media(m.MediaID))
		}
	}
	return out
}

// TestStoryAnOldCardIsPostedAnew: after 14 days Feishu refuses edits of a card; the ticket goes on under a new one, and the old topic still counts.
func TestStoryAnOldCardIsPostedAnew(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("能耗报表口径要核对")
		old := s.Card("能耗报表")
		li.Sees("HLDL-0001")
		zhang.Presses(old.card, "接单")
		zhang.Types(old, "/等待 请您确认按月还是按日统计") // no promise runs out meanwhile
		li.Sees("按月还是按日")
		s.Settle()
		s.Forward(15 * 24 * time.Hour)
		li.Says("还没有消息吗")
		old.Sees("新的卡片已发到群里")
		fresh := s.Card("能耗报表", "还没有消息吗")
		require.NotEqual(t, old.card, fresh.card)
		zhang.Tells(old, "口径已按月核对")
		li.Sees("口径已按月核对")
		zhang.Tells(fresh, "今天给您新报表")
		li.Sees("今天给您新报表")
		li.Says("好的收到")
		fresh.Sees("好的收到")
	})
}
