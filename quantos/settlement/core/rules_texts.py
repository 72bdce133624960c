"""The texts the rule table cites: issuer, title or number, and address (https, or http where old)."""

SPEC = "QuantOS settlement specification, section 'Rules are dated data'"
SSE_2006 = (
    "SSE Trading Rules (2006) "
    "www.sse.com.cn/lawandrules/sselawsrules2025/repeal/rules/c/c_20120917_10785168.shtml"
)
SZSE_2006 = "SZSE Trading Rules (2006) www.szse.cn/disclosure/notice/general/t20060515_499577.html"
SSE_2012 = (
    "SSE notice of 2012-12-14 on amending the Trading Rules, art. 3.4.13 "
    "www.sse.com.cn/aboutus/mediacenter/hotandd/c/c_20150912_3988628.shtml"
)
SSE_2023 = (
    "SSE Trading Rules (2023), 上证发[2023]32号 "
    "www.sse.com.cn/lawandrules/sselawsrules2025/repeal/rules/c/c_20250612_10824490.shtml"
)
SSE_2026 = (
    "SSE Trading Rules (2026) "
    "www.sse.com.cn/lawandrules/sselawsrules2025/trade/universal/c/c_20260424_10816492.shtml"
)
SSE_2026_RELEASE = (
    "SSE release of 2026-04-24 on the Trading Rules "
    "www.sse.com.cn/aboutus/mediacenter/hotandd/c/c_20260424_10816474.shtml"
)
SZSE_2023 = (
    "SZSE Trading Rules (2023), 深证上[2023]98号 www.szse.cn/lawrules/rule/repeal/rules/t20230217_598773.html"
)
SZSE_2026 = (
    "SZSE Trading Rules (2026), 深证上[2026]551号 "
    "www.szse.cn/lawrules/rule/allrules/bussiness/t20260424_620190.html"
)
SZSE_HISTORY = "SZSE, 深市涨跌停板制度的由来 www.szse.cn/aboutus/sse/documents/P020180328485825173419.pdf"
SSE_1998 = "SSE chronicle of 1998 www.sse.com.cn/aboutus/sseintroduction/events/c/c_20151210_4021525.shtml"
SZSE_CHINEXT_2009 = (
    "SZSE news of 2009-09-24 on ChiNext first-day controls "
    "www.szse.cn/aboutus/trends/news/t20090924_517882.html"
)
SZSE_FIRST_DAY_2014 = (
    "SZSE 深证会[2014]54号 of 2014-06-13 www.szse.cn/disclosure/notice/company/t20140613_508770.html"
)
SSE_FIRST_DAY_2013 = "SSE 上证发[2013]47号 of 2013-12-13 english.sse.com.cn/news/newsrelease/c/4947502.shtml"
SZSE_CHINEXT_2020 = (
    "SZSE ChiNext Special Trading Rules (2020), art. 2.1, and press conference of 2020-08-21 "
    "www.szse.cn/aboutus/trends/conference/t20200821_580925.html"
)
SZSE_CHINEXT_ST = (
    "SZSE 深证上[2020]620号 of 2020-07-10 www.szse.cn/disclosure/notice/general/t20200710_579459.html"
)
SSE_STAR_2019 = (
    "SSE STAR Special Trading Rules (2019), 上证发[2019]23号, art. 18 "
    "www.sse.com.cn/lawandrules/sselawsrules2025/repeal/rules/c/c_20190301_10785118.shtml"
)
SSE_WIDE_FUNDS = (
    "SSE 上证发[2020]61号 of 2020-08-21 "
    "www.sse.com.cn/lawandrules/sselawsrules2025/repeal/rules/c/c_20200821_10785117.shtml"
)
BSE_2021 = "BSE Trading Rules (trial), 北证公告[2021]15号 www.bse.cn/jygl_list/200010919.html"
BSE_QA = "BSE questions and answers on trading, 2025-03-18 www.bse.cn/qt/200025234.html"
SZSE_MAIN_2023 = (
    "SZSE investor questions of 2023-03-06 on main-board trading "
    "investor.szse.cn/column/qa/t20230306_599093.html"
)
MOF_2008 = (
    "Ministry of Finance, 2008-09-19 www.mof.gov.cn/zhengwuxinxi/caizhengxinwen/200809/t20080919_76432.htm"
)
MOF_2023 = (
    "Ministry of Finance and State Taxation Administration, notice 39 of 2023 "
    "www.gov.cn/zhengce/zhengceku/202308/content_6900443.htm"
)
CHINACLEAR_2015 = (
    "China Clear notice of 2015-07-09 on the A-share transfer fee "
    "www.chinaclear.cn/zdjs/gszb/201507/59ccd4176d2645f8b60b2d30fc3631bf.shtml"
)
CHINACLEAR_2022 = (
    "China Clear notice of 2022-04-28 on the transfer fee "
    "www.chinaclear.cn/zdjs/gszb/202204/837e3c5031104aa099d6597ba381342a.shtml"
)
