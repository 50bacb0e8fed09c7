package tickets

import "strings"

// The tables by which the desk judges what a customer writes. They are data: to teach it a way of speaking, add the words here and an example
// to the tests. A company's own words go into its rules (/规则), which are asked after the tables.

// list parts words at spaces; "_" stands for a space inside a word.
func list(words string) []string {
	out := strings.Fields(words)
	for i, w := range out {
		out[i] = strings.ReplaceAll(w, "_", " ")
	}
	return out
}

// sameWords says one thing one way, and takes out what sounds like something else: a question is no negation, an invoice no development.
var sameWords = strings.NewReplacer(
	"能不能", "能否", "可不可以", "可否", "能不可以", "可否", "是不是", "是否", "有没有", "有无", "要不要", "是否要", "需不需要", "是否需要",
	"会不会", "会否", "支不支持", "能否支持", "支持不支持", "能否支持", "行不行", "可否", "对不对", "是否对", "好不好", "可否", "可以不可以", "可否",
	"对不起来", "对不上", "对不起", "抱歉", "帐", "账", "报价单", "售前单",
	"怎么办", "", "怎么解决", "", "怎么处理", "", "如何解决", "", "如何处理", "", "怎么回事", "为什么", "怎么这么", "", "怎么样", "", "怎么搞的", "为什么",
	"怎么还", "为什么", "怎么又", "为什么又", "咋回事", "为什么", "咋办", "", "咋整", "", "咋又", "为什么又",
	"账号密码", "登录信息", "用户名密码", "登录信息", "建议采购", "采购", "建议订货", "订货", "建议价", "价", "建议售价", "售价", "建议数量", "数量", "建议量", "量",
	"不是所有人", "有些人", "it'd", "it would", "i'd", "i would", "we'd", "we would", "haven't", "has not", "hasn't", "has not", "aren't", "are not",
	"服务器错误", "错误", "服务器内部错误", "错误", "服务器异常", "异常", "连接服务器失败", "连接失败", "提示服务器", "提示", "提示网络", "提示", "网络错误", "错误",
	"挂在哪个", "挂在", "挂在哪", "挂在", "没有报错", "", "没报错", "", "不报错", "", "不是投诉", "", "不是要投诉", "", "without error", "", "no error", "",
	"开发票", "开票", "物料需求", "物料", "需求计划", "计划", "需求运算", "运算", "采购需求", "采购", "生产需求", "生产", "服务器", "服务器",
	"升级后", "之后", "升级完", "之后", "升级之后", "之后", "更新后", "之后", "更新完", "之后", "升级了以后", "之后", "升级以后", "之后", "after the upgrade", "",
	"after upgrade", "", "after the update", "",
	"停产物料", "旧物料", "停产产品", "旧产品", "停产品", "旧品", "每次都", "总是", "一直都", "总是", "怎么都", "总是", "到现在都", "到现在", "两个都", "两个",
	"停线记录", "记录", "停线原因", "原因", "停线时间", "时长", "停线统计", "统计", "停线报警", "报警", "停线预警", "预警", "停产记录", "记录", "停产日期", "日期",
	"不着急", "不赶", "不急", "不赶", "不是很急", "不赶", "不是特别急", "不赶", "不用急", "不赶", "停机时间", "时长", "停机率", "比率", "停机记录", "记录", "停机原因", "原因",
	"就要停", "临停", "快要停", "临停", "快停", "临停", "要停产", "临停", "要停线", "临停", "会停产", "临停", "会停线", "临停", "马上停", "临停",
	"避免停", "临停", "有什么建议", "有何高见", "什么建议", "有何高见", "给点建议", "给意见", "给些建议", "给意见", "给个建议", "给意见", "您建议", "给意见",
	"你们建议", "给意见", "专家建议", "给意见", "选型建议", "选型", "建议书", "方案", "满意度", "评分", "开发区", "园区",
	"客户投诉单", "客诉单", "投诉单", "客诉单", "投诉管理", "客诉管理", "客户投诉", "客诉",
	"制造费用", "制费", "费用报销", "报销", "报销费用", "报销", "期间费用", "期费", "费用科目", "科目", "采购合同", "采购单", "销售合同", "销售单",
	"登陆", "登录", "登入", "登录", "账户", "账号", "won't", "will not", "can't", "cannot", "can not", "cannot", "doesn't", "does not", "isn't", "is not",
	"didn't", "did not", "don't", "do not", "couldn't", "cannot", "no one", "nobody",
)

// everybody says that many are concerned; standing, that something does not work at all.
var (
	everybody = list(`所有人 所有用户 所有电脑 所有同事 所有终端 所有工位 所有员工 所有机器 所有部门 所有客户端 所有业务 所有系统 全部人 全部用户 全部终端 全部电脑 全部都
		全部人员 全部工位 全都 全公司 整个公司 全厂 整厂 整个工厂 整个车间 整个系统 整个打不开 整个都 整个挂 各车间 全车间 每个人 大家 谁都 人都 们都 部门都 电脑都 台都 线都 厂都 公司都 车间都 工位都 终端都 用户都 仓库都 机器都 设备都 系统都 谁也
		整栋 整层 整个部门 整个办公 整个仓库 全部产线 所有产线 各产线 每条线 每条产线 全部车间 所有车间 全部仓库 所有仓库 全部设备 所有设备 全部工位
		全部不 全部打不开 全部登 全部用不 全部断 全部停 全部瘫 系统全部 全部门 整个厂 一台都 一个…都没 没一个 没有一个 没一台 没有一台 没人能 都不可用 都起不来 全员 全体 全线 一个都 几十个人 几百人 上百人 工人 everyone everybody
		nobody all_users
		all_our_users the_whole whole_company whole_plant entire whole_factory all_workstations all_terminals all_stations company-wide plant-wide`)
	standing = list(`登不上 登录不 登不了 登不进 无法登录 没法登录 不能登录 进不去 进不了 打不开 开不了 用不了 不能用 没法用 没法办公 无法使用 不能使用 连不上 连不了 连接不上
		掉线 断线 断开 断网 访问不了 访问不到 无法访问 打不进 上不了网 上不去 上不了 没反应 没有反应 崩了 崩溃 挂了 起不来 瘫 黑屏 卡死 没网 没信号 停摆 宕机 不可用 动不了
		无法连接 连接不 没起来 启动不了 刷不了 刷不出 扫不了 不好使 不可用 断了 全断 没法开工 停着 offline halt 动弹不 no_access not_work log_in login access _down _work connect _reach
		unavailable _open_`)
)

// typeClues judge the class. Clues of one line count once; different lines add up.
var typeClues = []clue{
	{TypeOutage, 9, list(`停产 停线 停工 产线停 产线全停 产线…停了 产线…停下 生产线停 生产线…停了 生产线…停 生产停 生产都停 生产全停 生产中断 生产…停下来 业务停 业务全停 业务中断
		业务都停 瘫痪 全停 停摆 都停着 停着等 没法开工 无法开工 开不了工 不能开工 没办法生产 没法干活 生产线全部 停下来等 只能停 come_to_a_halt 无法生产 没法生产 不能生产 生产不了 干不了活 line_stopped lines_stopped
		production_stopped line_is_down lines_are_down production_is_down
		production_halted production_has_stopped line_down outage system_is_down systems_are_down completely_down is_down_for
		stopped_production`), nil},
	{TypeOutage, 8, list(`宕机 死机…服务器 服务器挂 服务器…挂了 服务器崩 服务器死 服务器…起不来 数据库挂 数据库…挂了 数据库起不来 数据库…起不来 系统挂了 系统崩了 系统全挂 系统崩溃 mes挂 mes崩 mes宕 erp挂 erp崩 erp宕 mes_挂
		erp_挂 平台挂了 mes整个挂
		server_is_down server_down database_is_down`), nil},
	{TypeOutage, 9, everybody, standing},
	{TypeOutage, 3, list(`发不了货 没法发货 出不了货 没法报工 没法下单 车在外面 排队 干等 工人…等 等着干活 没法干活 没法办公`), nil},
	{TypeOutage, -9, list(`如果 万一 假如 假设 一旦 怎么预防 应急预案 预案 what_if in_case`), nil},
	{TypeOutage, -6, list(`建议 希望 投诉`), nil},
	{TypeOutage, -6, list(`如何 怎么设 怎么查 怎么录 怎么填 怎么统计 怎么维护 在哪 哪里 统计`), nil},
	{TypeOutage, -9, list(`就我 只有我 我这一台 我一个人 其他人正常 其他人可以 别人正常 别人可以 别人都可以 其他电脑正常 其他电脑可以 同事可以 同事正常 only_me just_me only_my others_are_fine
		others_can`), nil},

	{TypeError, 4, list(`报错 报了个错 报个错 出错 错误 异常 失败 弹出 弹窗 弹框 闪退 崩溃 崩了 卡死 死机 白屏 黑屏 蓝屏 乱码 空白 bug 失效 报警告 error fails failed failing
		failure crash exception frozen freezes stuck blank`), nil},
	{TypeError, 2, list(`提示 说是 显示…不 warning message_says 弹 明明 实际上 结果却 本来 反而 老是 总是 偶尔 有时候 突然 莫名`), nil},
	{TypeError, 3, list(`打不开 开不了 保存不了 不能保存 无法保存 存不了 点不动 点不了 没反应 没有反应 没动静 灰的 灰色 跳回 跳出 退出来 取不到 没变化 花屏 关不掉 关不了 取消不了 选不中 点不 不动了 没保存进 不生效 没生效 不出来 出不来 带不出
		打不出 查不到 查不出 搜不到 找不到 看不到 看不见
		不显示 过不了 不通过 通不过 审核不了 提交不了 不能提交 无法提交 提交不上 用不了 登不上 登不进 进不去 进不了 登录不了 登录不上 传不上 上传不了 下载不了 导不出 导不进 导入不了
		导出不了 打印不了 打印不出 删不掉 删不了 改不了 选不了 选不到 连不上 收不到 发不出 算不出 跑不动 跑不出 跑不了 点了没 刷不出 加载不 不能用 无法使用 反复登录 扫不出 扫不了
		cannot unable does_not_work not_working stopped_working did_not_work does_not_open will_not not_loading does_not`), nil},
	{TypeError, 2, list(`转圈 卡住 卡在 很卡 太卡 好卡 卡顿 巨卡 特别卡 卡得 卡的 系统慢 系统很慢 系统好慢 系统特别慢 很慢 特别慢 好慢 速度慢 越来越慢 半天 超时 加载中 slow hangs timeout timed_out`), nil},
	{TypeError, 3, list(`不对 不一致 不平 对不上 不准 不一样 不符 少了 少料 少一 多了一 多出 多算 少算 重复 丢失 丢了 不见了 消失 没了 算错 数据错 差了 负数 不更新 没更新 没有更新
		没刷新 同步不 没同步 没有同步 未同步 没收到 没有收到 没生成 没有生成 没过来 没有过来 不过来 变成了 变了 跑掉 串了 错乱 错位 偏大 偏小 差几 差一 没扣 没有扣 没减 没加 没带出 没显示
		没有显示 wrong incorrect missing mismatch does_not_match do_not_match not_match duplicated twice doubled disappeared not_updated
		not_syncing`), nil},
	{TypeError, 3, list(`为什么…不 为什么…没 为啥…不 为啥…没 怎么…不了 怎么…不上 怎么…没有了 怎么…不出 怎么…不能 怎么…不通过 怎么…不到 怎么…不显示 怎么…不见 怎么…不对 怎么…没了
		怎么…没反应 怎么…打不开 咋…不了 咋…不上 咋…没了 咋…不能 咋…不出 怎么…少了 怎么…多了 怎么…变`), nil},
	{TypeError, 1, list(`不行 问题 又 为什么 为啥 什么原因 啥原因 看一下 看下 帮忙看 排查 查一下原因 处理一下 解决一下 不能 无法 没法 不了 issue problem not_ again`), nil},

	{TypeHowTo, 4, list(`怎么 如何 怎样 咋样 咋 how_do how_to how_can how_should how_would how_does 怎生`), nil},
	{TypeHowTo, 4, list(`在哪 哪里 哪儿 哪个菜单 哪个界面 哪个按钮 哪个模块 哪个功能 哪个页面 哪个地方 从哪 哪张 哪一张 哪一步 哪步 去哪 到哪 哪边 什么菜单 点哪 填哪 什么单据 哪张单 哪个单据 什么入口 where_can where_do
		where_is where_are
		where_to which_menu which_screen which_button`), nil},
	{TypeHowTo, 3, list(`步骤 教程 操作手册 使用手册 说明书 操作流程 操作方法 使用方法 操作指南 教一下 教我 教教 教下 不会操作 不会用 不会弄 不会做 不会设 不太会 不会… 不懂 不知道 不清楚 请教 指导 演示
		operation_manual user_manual steps tutorial show_me explain_how`), nil},
	{TypeHowTo, 2, list(`walk_me_through guide_me show_us 应该…什么样 写成什么 什么格式 填什么 选什么 用什么 用哪个 怎么操作 怎么弄 怎么设 怎么录 怎么改 怎么查 怎么导 怎么填 怎么做 如何操作 如何设置 如何录入 如何导
		如何查 如何修改 怎么用 怎么取消 怎么反 怎么撤 怎么打印 怎么走
		要怎么 该怎么 还能…吗 可以…吗`), nil},
	{TypeHowTo, 1, list(`请问 想问 问一下 问下 咨询 老师 是否可以 can_i ? 吗 呢 什么 哪 should`), nil},

	{TypeConsult, 4, list(`政策 税率 准则 口径 法规 合规 税法 加计扣除 会计处理 入什么科目 计入什么 计入哪个科目 入哪个科目 记什么科目 记哪个科目 进什么科目 折旧年限 财税 怎么规定 规定 税务 税局 减免
		退税 合法 规范 审计要求 内控 审计 tax_rate regulation policy compliance compliant accounting_standard`), nil},
	{TypeConsult, 6, list(`报价 报个价 多少钱 怎么收费 收费 服务费 维保费 维护费 年费 费用是 费用多少 什么费用 费用怎么 费用标准 服务价格 价格多少 什么价 价格表 续签 续费 续约 维保 付款方式 优惠
		折扣 服务范围 服务包 服务内容 商务 签合同 合同怎么签 合同到期 合同快到期 合同什么 quotation quote pricing price_of price_for how_much renew renewal
		subscription_fee maintenance_fee service_contract our_contract`), nil},
	{TypeConsult, 2, list(`合同 费用 价格 授权 上门 资质 license licence contract cost`), nil},
	{TypeConsult, 4, list(`选型 区别 差别 对比 案例 同行 行业 最佳实践 合适 合理 推荐 哪个版本 哪种方案 什么方案 哪种方式 哪个更 哪种更 哪个好 给意见 有何高见 意见 意思是什么 利弊 优缺点 可行
		difference_between recommend best_practice which_edition which_version advice advise`), nil},
	{TypeConsult, 3, list(`是否支持 支持…吗 能否支持 支持国产 信创 规划 路线图 什么时候发布 有无计划 培训 服务时间 你们…有无 你们…做过 上线周期 实施周期 多长时间 do_you_support does_it_support
		roadmap`), nil},
	{TypeConsult, 3, list(`如何核算 怎么核算 应该按 按什么 按哪种 按…还是 应该怎么核算 如何分摊 怎么分摊 怎么入账 如何入账 还需要…吗 需要交 要交 是否需要 需要哪些手续 手续 需要什么材料 哪些资料 允许 管理制度 业务流程`), nil},
	{TypeConsult, 5, list(`税 进项 销项 留抵 暂估 成本 差异 结算价 摊销 计提 科目 账上 分录 入账 资本化 费用化 汇率 损益 收入确认 存货 定价 跌价 会计 财务上`),
		list(`应该 一般 通常 按什么 还是 是否要 是否需要 怎么定 如何定 挂在 怎么挂 如何挂 合适 合理 可否抵 能否抵 要交 属于 算不算 怎么确认 如何确认 允许`)},
	{TypeConsult, 3, list(`一般怎么定 一般怎么 通常怎么 行业里 别的企业 其他企业 别家 价位 成本多少 what_would_it_cost cost_to support_contract`), nil},
	{TypeConsult, 2, list(`了解一下 想了解 想听听 业务咨询 制度 核算 分摊 影响 一般 通常 咨询一下 想咨询 consult would_like_to_know would_like_to_understand`), nil},

	{TypeRequirement, 5, list(`希望增加 希望新增 希望…加 希望…增加 希望能 希望可以 希望系统 希望支持 想增加 想加 想新增 增加…功能 新增…功能 加个 加一个 加一列 加一栏 加一级 加上 加一项 加张 加一张 增加一
		新增一 增加个 多一列 多一个 多加 能否…加 可否…加 可以…加 能否增加 能否新增 能否…增加 能否…做一 能否…做个 能否…实现 能否…支持 可否…支持 可否…做 请帮忙新增 请增加 请新增 帮忙增加
		帮我们加 给我们加 给我们做 帮我们做 帮忙做 need_a_new can_you_add could_you_add please_add add_a_ feature_request new_feature we_need_a we_want_a would_like_a
		would_like_to_have new_report build_a we_need_an new_field`), nil},
	{TypeRequirement, 5, list(`定制 二次开发 二开 需要开发 开发一 开发个 帮忙开发 客制化 做一个 做个 做一张 做张 出一张 出一个 需要一个 需要一张 需要个 要一张 要一个 缺一个 系统里没有 系统没有 目前没有
		没有这个功能 没这个功能 能实现 可以实现 实现…吗 有办法做 有无办法做 customize customise customization tailor develop custom_`), nil},
	{TypeRequirement, 4, list(`对接 打通 集成 做接口 做个接口 开接口 新接口 接口对接 工作量 自动同步 自动生成 需求 integrate integration interface_between requirement`), nil},
	{TypeRequirement, 3, list(`希望 想把 想在 想要 最好能 客户要求 领导要 老板要 老板想 领导想 领导希望 老板希望 业务部门要 部门想要 我们想 我们要 我们需要 would_like we_want we_need wish`), nil},
	{TypeRequirement, 3, list(`满足不了 现有功能 自动发 推送 提醒功能 一键 出这样一 出一份 带出 做成 改造 加公司 加logo 导出成 多维 合并打印 个性化 automatically`), nil},
	{TypeRequirement, 2, list(`能否 可否 是否可以 是否能 could_we can_we is_it_possible`), nil},
	{TypeRequirement, 2, list(`新增 增加 字段 改成 调整一下 改为 调整成 顺序 开发 接口 模板 report_showing 自动`), nil},

	{TypeEnvironment, 5, list(`vpn 安装 重装 装一下 装不上 装个 装系统 装客户端 驱动 换电脑 换了电脑 换了台 新电脑 换新电脑 换机器 迁移 搬迁 扩容 部署 端口 防火墙 证书 域名 ip地址 固定ip wifi wi-fi 无线
		信号 断网 网线 路由 交换机 c盘 d盘 磁盘 硬盘 内存不 内存条 虚拟机 机房 远程桌面 加密狗 u盾 ukey 浏览器 兼容 win7 win10 win11 windows install reinstall laptop driver
		firewall certificate dns disk_space disk_is_full hard_disk new_pc new_computer`), nil},
	{TypeEnvironment, 4, list(`打印机 扫描仪 离线 脱机 服务器 网络 备份 还原数据 printer offline server network backup 上不了网 上网 网速 共享文件夹 共享盘 域控 杀毒 外网 内网`), nil},
	{TypeEnvironment, 5, list(`开通 账号 密码 权限 重置 锁定 被锁 解锁 账号停用 停用账号 注销 开户 角色授权 password account permission access_rights access_to locked user_id
		`), nil},
	{TypeEnvironment, 3, list(`入职 离职 新员工 新同事 new_employee new_colleague`), nil},
	{TypeEnvironment, 4, list(`升级到 想升级 要升级 升级一下 系统升级 版本升级 准备升级 安排升级 打补丁 补丁 最新版本 新版本 最新版 upgrade patch_ latest_version`), nil},
	{TypeEnvironment, 4, list(`加…用户 加用户 新增用户 增加用户 建…用户 建用户 建个用户 新招 新来的同事 开用户 create_a_user create_user add_a_user new_user user_for 卡纸 硒鼓 墨盒 远程访问
		远程连接 拦截 停机维护
		搬家 采集卡 网口 装机 申请…权限`), nil},
	{TypeEnvironment, 2, list(`客户端 电脑 pda 装 环境 测试库 测试环境 正式库 服务…启动 重启服务 client`), nil},

	{TypeComplaint, 8, list(`投诉 态度…差 态度差 态度不好 态度恶劣 态度 不满意 很不满 不满 失望 生气 不负责 负点责任 负责任 敷衍 推来推去 推卸 踢皮球 推诿 什么服务 服务…差 服务就这样 太差 差劲 管不管
		没人管 没人理 无人理 无人管 没人处理 没人回 没人接 没人跟 没人联系 没人解决 没人答 不理人 不理我 不耐烦 忽悠 退款 垃圾 受不了 忍无可忍 不像话 太过分 一点消息都没 没有任何消息 没有任何回
		没有下文 没下文 靠谱 占线 也不回 不回复 不回我 不回消息 不接电话 想不想做 不想干 heard_nothing very_bad 你们售后到底 到底有无 石沉大海 糊弄 拖了 拖到 一拖再拖 到底什么时候 说话不算 unacceptable complaint complain
		disappointed terrible nobody_answers
		nobody_replied nobody_has nobody_responded no_response no_reply ridiculous rude worst still_waiting frustrat poor_service bad_service
		unprofessional fed_up`), nil},
	{TypeComplaint, 4, list(`一直没人管 一直没人理 一直没人回 一直没人处理 一直没人来 一直没人跟进 一直没人解决 一直没人联系
		几天了 三天了 两天了 四天了 五天了 一周了 两周了 一个星期了 半个月了 一个月了 多次反映 反映了…次 反馈了…次 反映过…次 说了…遍 说了…次 催了 打了…电话 电话打了 每次都
		every_time for_a_week for_days weeks_ago days_ago how_many_times`), nil},
	{TypeComplaint, 5, list(`太慢 慢死 这么慢 很慢 好慢`), list(`你们 服务 回复 响应 处理 客服 工程师 售后`)},
	{TypeComplaint, 3, list(`你们…到底 到底 老板…生气 太让人 花了那么多钱 花了这么多钱 说好的 还想否 到现在还 还没…解决 同样的问题 还没人 so_long 这么难 水平 这么久 什么玩意 搞什么 不专业 改出 答应 承诺 waiting_for
		promised`), nil},

	{TypeIdea, 8, list(`建议 小想法 有个想法 个想法 可以改进 改进 要是能 要是有 如果能…就 如果可以…就 就好了 更好了 更方便 更人性化 不够人性化 不人性化 人性化 供你们参考 供参考 提个意见 提点意见
		suggest suggestion would_be_nice would_be_great would_be_helpful would_be_better idea improve love_to_see nice_to_have 好用很多 更好用 会好用 更直观 更清楚 更清晰
		更顺手 更省事 会更好 会方便 方便很多 方便多了 供改进`), nil},
	{TypeIdea, 6, list(`可以优化 优化一下 优化下 能优化 体验 不够友好 不友好 不太友好 不直观 不顺手 不好看 太丑 刺眼`), nil},
	{TypeIdea, 3, list(`太小了 太多了 看着累 看得累 简洁 太亮 太暗 太深了 太多步 太繁琐 太麻烦 有点麻烦 不方便 麻烦了点 字体 颜色 too_small too_many_clicks font color colour`), nil},
}

// mostHurry is a hint for what is about to stand still.
const mostHurry = 3

// hurryHints move the priority away from the type's own.
var hurryHints = []hint{
	{mostHurry, list(`临停 快要发不出 about_to_stop will_stop`)},
	{1, list(`急 马上 立刻 立即 赶快 今天必须 今天要 今天就要 今天之前 下班前 赶着 等着 影响发货 影响生产 影响出货 发不了货 没法发货 月结 关账 结账日 报税 审计进场 老板在等
		所有人 全公司 全厂 整个部门 好几个人 很多人 多人 大家都 几十个 urgent asap immediately right_away blocking blocked many_users several_users deadline`)},
	{-1, list(`不赶 有空 有时间 方便的时候 不忙的时候 慢慢来 no_rush not_urgent when_you_have_time low_priority no_hurry`)},
}

// moduleWords are what people speak of when they mean a module.
var moduleWords = []topicWords{
	{list(`财务 总账 finance accounting`), list(`凭证 发票 总账 科目 应收 应付 结账 反结账 过账 记账 入账 损益 折旧 固定资产 借贷 账龄 报销 税率 税务 出纳 付款单 收款单 余额表 资产负债 利润表 财务 会计
		现金流 月结 关账 核算 voucher invoice ledger journal receivable payable depreciation tax`), list(`对账 成本 期间 银行 付款 收款 account_balance`)},
	{list(`库存 仓库 仓储 wms inventory stock warehouse`), list(`入库 出库 盘点 库存 仓库 仓管 调拨 库位 货位 收货 发货 送货单 移库 inventory stock warehouse`), list(`领料 批次 物料
		delivery`)},
	{list(`生产 制造 production manufacturing`), list(`工单 派工 bom 排产 mrp 完工 工序 生产计划 生产订单 生产任务 工艺路线 领料 work_order production_order production_report
		routing`),
		list(`车间 工艺 报工 产量 排程 生产`)},
	{list(`采购 purchas procurement`), list(`采购 供应商 请购 询价 到货 purchase supplier vendor`), list(`来料 委外`)},
	{list(`销售 sales crm`), list(`销售 客户订单 销售订单 报价 发货通知 sales_order`), list(`客户 订单`)},
	{list(`mes 车间 制造执行`), list(`mes 工位 扫码 采集 报工 看板 条码 安灯 扫码枪 产线 设备 良率 过站 工位机 plc barcode workstation scanner`), list(`不良 车间 停机 pda machine 工序`)},
	{list(`网络 服务器 it 基础设施 network server infrastructure`), list(`服务器 vpn 断网 打印机 网络 wifi wi-fi 防火墙 端口 机房 域名 证书 驱动 c盘 磁盘 硬盘 网线 路由器 交换机 上网 ip地址 虚拟机 远程桌面
		server network firewall printer`), list(`电脑 信号 宕机 备份 内存 laptop`)},
	{list(`人事 人力 hr 薪酬`), list(`考勤 工资 薪资 社保 招聘 人事 payroll attendance`), list(`加班 请假`)},
	{list(`质量 质检 品质 qms quality`), list(`质检 检验 来料检 不合格 品质 inspection`), list(`不良`)},
	{list(`审批 oa 办公`), list(`审批流 审批 oa 流程审批`), nil},
}
