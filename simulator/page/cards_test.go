package page

import "encoding/json"

// card makes a message's fields of a card.
func card(spec object, words string, buttons ...string) object {
	content, _ := json.Marshal(spec)
	return object{"sender": desk, "msg_type": "interactive", "content": string(content), "text": words, "buttons": buttons}
}

func plain(words string) object { return object{"tag": "plain_text", "content": words} }

func button(label, kind, name string) object {
	return object{"tag": "button", "text": plain(label), "type": kind, "name": name, "behaviors": []object{{"type": "callback", "value": object{"do": name}}}}
}

// ticketCard is a card as a service desk sends it.
func ticketCard(template, state string, buttons ...object) object {
	columns := []object{}
	for _, b := range buttons {
		columns = append(columns, object{"tag": "column", "width": "auto", "elements": []object{b}})
	}
	return object{
		"schema": "2.0",
		"header": object{"template": template, "title": plain("[A·报错] HLDL-0001 库存查询页面打不开，一直转圈"),
			"text_tag_list": []object{{"tag": "text_tag", "text": plain(state), "color": template}}},
		"body": object{"elements": []object{
			{"tag": "markdown", "content": "**客户** 恒力电缆（A 级）\n**模块** ERP / 库存\n**负责人** <at id=ou_zhangwei></at>\n**客户说** 库存查询页面打不开，一直转圈"},
			{"tag": "markdown", "content": "<font color='orange'>首次响应 03-02 10:30，还剩 60 分钟</font>\n余 4 条 / 47 小时", "text_size": "notation"},
			{"tag": "hr"},
			{"tag": "column_set", "flex_mode": "flow", "columns": columns},
		}},
	}
}

func overflow() object {
	return object{"tag": "overflow", "name": "more", "options": []object{
		{"text": plain("转派"), "value": "assign"}, {"text": plain("等待"), "value": "wait"}, {"text": plain("备注"), "value": "note"}}}
}

// solveForm is a panel with a form of several kinds of fields.
func solveForm() object {
	return object{"tag": "form", "name": "solve", "elements": []object{
		{"tag": "input", "name": "solution", "required": true, "input_type": "multiline_text", "rows": 2, "label": plain("解决方案"), "placeholder": plain("写给客户看的话")},
		{"tag": "input", "name": "cause", "label": plain("原因"), "default_value": "索引失效"},
		{"tag": "select_static", "name": "how", "placeholder": plain("方式"), "options": []object{{"text": plain("远程"), "value": "remote"}, {"text": plain("现场"), "value": "onsite"}}},
		{"tag": "multi_select_static", "name": "tags", "placeholder": plain("标签"), "options": []object{{"text": plain("数据库"), "value": "db"}, {"text": plain("网络"), "value": "net"}}},
		{"tag": "select_person", "name": "helper", "placeholder": plain("协助人")},
		{"tag": "date_picker", "name": "day", "placeholder": plain("日期")},
		{"tag": "picker_datetime", "name": "until", "initial_datetime": "2026-03-05 18:00"},
		{"tag": "checker", "name": "again", "text": plain("需要回访")},
		{"tag": "column_set", "columns": []object{
			{"tag": "column", "width": "auto", "elements": []object{{"tag": "button", "text": plain("提交"), "type": "primary_filled", "name": "submit", "form_action_type": "submit"}}},
			{"tag": "column", "width": "auto", "elements": []object{{"tag": "button", "text": plain("清空"), "type": "default", "name": "reset", "form_action_type": "reset"}}}}},
	}}
}

// everyKind is a card with every element that the page draws.
func everyKind() object {
	rows := []object{}
	for _, name := range []string{"一月", "二月", "三月", "四月", "五月", "六月"} {
		rows = append(rows, object{"month": name, "n": 12.5, "who": []string{zhangwei}})
	}
	return object{
		"schema": "2.0",
		"header": object{"template": "green", "title": plain("每种组件"), "subtitle": plain("副标题")},
		"body": object{"elements": []object{
			{"tag": "markdown", "content": "### 标题\n**粗** *斜* ~~删~~ `代码` [链接](https://example.com) <text_tag color='red'>急</text_tag>\n- 一\n- 二\n  - 二之一\n\n1. 甲\n2. 乙\n\n> 引用\n\n| 列 | 值 |\n| --- | --- |\n| a | **1** |"},
			{"tag": "div", "text": plain("纯文本 **不是粗体**")},
			{"tag": "div", "text": object{"tag": "plain_text", "content": "?", "i18n_content": object{"zh_cn": "中文的词", "en_us": "English words"}, "text_color": "red"}},
			{"tag": "column_set", "columns": "no list"},
			{"tag": "img", "img_key": "img_1", "alt": plain("截图")},
			{"tag": "column_set", "columns": []object{
				{"tag": "column", "width": "weighted", "weight": 1, "background_style": "blue-50", "elements": []object{{"tag": "markdown", "content": "左"}}},
				{"tag": "column", "width": "weighted", "weight": 2, "background_style": "grey", "elements": []object{{"tag": "markdown", "content": "右"}}}}},
			{"tag": "collapsible_panel", "header": object{"title": plain("更多信息")}, "expanded": false, "elements": []object{{"tag": "markdown", "content": "折叠里的话"}}},
			{"tag": "table", "page_size": 5, "columns": []object{{"name": "month", "display_name": "月份", "data_type": "text"},
				{"name": "n", "display_name": "数量", "data_type": "number", "format": object{"precision": 1}}, {"name": "who", "display_name": "谁", "data_type": "persons"}}, "rows": rows},
			{"tag": "chart", "chart_spec": object{"type": "bar", "title": object{"text": "每月工单"}, "xField": "x", "yField": "y",
				"data": object{"values": []object{{"x": "一月", "y": 3}, {"x": "二月", "y": 8}, {"x": "三月", "y": 5}}}}},
			{"tag": "column_set", "flex_mode": "flow", "columns": buttonColumns()},
			{"tag": "hologram", "content": "?"},
		}},
	}
}

func buttonColumns() []object {
	columns := []object{}
	for _, kind := range []string{"default", "primary", "danger", "primary_filled", "danger_filled", "text"} {
		columns = append(columns, object{"tag": "column", "width": "auto", "elements": []object{button(kind, kind, kind)}})
	}
	sealed := button("不可点", "default", "sealed")
	sealed["disabled"] = true
	asked := button("先问", "danger", "asked")
	asked["confirm"] = object{"title": plain("确认取消？"), "text": plain("取消后不能恢复")}
	for _, b := range []object{sealed, asked, overflow()} {
		columns = append(columns, object{"tag": "column", "width": "auto", "elements": []object{b}})
	}
	return columns
}

// story fills a world with a conversation in the midst of it and returns the id of the ticket's card.
func (f *fakeControl) story() string {
	say := func(from, words string) { f.put("w:"+ligong, object{"from": from, "msgtype": "text", "text": words}) }
	f.put("w:"+ligong, object{"from": "system", "msgtype": "event", "event_type": "enter_session"})
	menu := object{"head_content": "您好，我是服务台。直接说出遇到的问题，或点下面：", "tail_content": "我们会记录对话，用于解决问题。",
		"list": []object{{"type": "click", "click": object{"id": "m-progress", "content": "进度"}}, {"type": "click", "click": object{"id": "m-urgent", "content": "紧急"}}, {"type": "view", "view": object{"url": "https://example.com", "content": "使用手册"}}}}
	f.put("w:"+ligong, object{"from": "desk", "msgtype": "msgmenu", "text": "您好，我是服务台", "menu": menu})
	say("contact", "库存查询页面打不开，一直转圈")
	say("desk", "已收到，单号 HLDL-0001，由张伟处理，11:00 前给您第一次答复。")
	id := f.put("c:"+group, card(ticketCard("blue", "新单", button("接单", "primary_filled", "claim"), button("回复客户", "default", "reply"), button("解决", "default", "solve"), overflow()),
		"[A·报错] HLDL-0001 库存查询页面打不开，一直转圈", "接单", "回复客户", "解决", "转派"))
	return id
}
