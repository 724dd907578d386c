import { between, pick, type Random } from './random.ts';

const ENGLISH = words(`the order of customer a and to in is was shipment parcel refund invoice please check status which
  arrived late damaged box warehouse Hamburg Shanghai delivery window tomorrow morning we will send replacement without
  charge your account shows two open tickets first concerns battery second charger warranty covers both until March
  engineer suggests updating firmware before returning device hold power button ten seconds until light blinks green then
  release it wait for restart if error continues contact support with serial number printed below label on back summary
  table shows revenue by region quarter growth slowed because supply of components fell while demand stayed strong
  function returns list sorted by key values must be unique otherwise raise ValueError import json def main print
  therefore however although between under over after again more most other some such only own same so than too very`);

const CHINESE =
  words(`您好 请问 这个 订单 什么 时候 可以 发货 我们 已经 为您 查询 快递 单号 预计 明天 下午 送达 如果 包装 有 破损 请 拍照 联系 客服
  退款 将在 三个 工作日 内 原路 退回 保修 期 为 两年 电池 充电器 设备 重启 长按 电源键 十秒 指示灯 变绿 之后 松开 固件 升级 完成 报告 显示
  本季度 收入 同比 增长 百分之八 华东 地区 表现 最好 供应链 紧张 导致 成本 上升 建议 提前 备货 合同 条款 第三条 双方 应当 在 签字 后 生效 函数 返回 一个
  列表 参数 不能 为空 数据库 连接 超时 需要 检查 网络 配置 并且 重新 部署 服务 谢谢 再见 非常 感谢 理解 支持 天气 晴朗 适合 出行 会议 安排 上午 九点 开始`);

/** About `bytes` bytes (UTF-8) of sentences that no compressor finds easier than a chat's. */
export function prose(random: Random, chinese: boolean, bytes: number): string {
  const vocabulary = chinese ? CHINESE : ENGLISH;
  const parts: string[] = [];
  for (let size = 0; size < bytes; ) {
    const text = sentence(random, vocabulary, chinese);
    parts.push(text);
    size += chinese ? text.length * 3 : text.length;
  }
  return parts.join('');
}

function sentence(random: Random, vocabulary: readonly [string, ...string[]], chinese: boolean): string {
  const chosen = Array.from({ length: between(random, 5, 14) }, () => pick(random, vocabulary));
  // Figures, names and codes are what real text has and a small vocabulary lacks.
  if (random() < 0.5) chosen.splice(2, 0, String(between(random, 10, 99_999)));
  const end = random() < 0.1 ? '\n\n' : '';
  return chinese ? `${chosen.join('')}。${end}` : `${chosen.join(' ')}. ${end}`;
}

function words(text: string): readonly [string, ...string[]] {
  const [first = '', ...rest] = text.split(/\s+/);
  return [first, ...rest];
}
