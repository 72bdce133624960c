@echo off
rem Prints the fingerprint of this Windows machine: 64 hex digits, the same each time, for any user.
rem
rem     fingerprint = SHA-256 of "quantos-fingerprint-1:windows:" + MachineGuid, in lower case
rem
rem MachineGuid is read from HKLM\SOFTWARE\Microsoft\Cryptography. Nothing else is read and nothing is sent.
rem The window stays open until a key is pressed; `fingerprint.bat /nopause` does not wait.
setlocal EnableExtensions DisableDelayedExpansion
set "STATUS=1"
set "GUID="
set "HASH="

for /f "tokens=1,3" %%i in ('reg query "HKLM\SOFTWARE\Microsoft\Cryptography" /v MachineGuid /reg:64 2^>nul') do if /i "%%i"=="MachineGuid" set "GUID=%%j"
if not defined GUID goto no_guid
for %%c in (a b c d e f) do call set "GUID=%%GUID:%%c=%%c%%"
echo %GUID%| findstr /r /x "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f-]*" >nul
if errorlevel 1 goto no_guid

set "PLAIN=%TEMP%\quantos-fingerprint-%RANDOM%%RANDOM%.txt"
<nul set /p "=quantos-fingerprint-1:windows:%GUID%" >"%PLAIN%"
for /f "skip=1 delims=" %%h in ('certutil -hashfile "%PLAIN%" SHA256 2^>nul') do if not defined HASH set "HASH=%%h"
del "%PLAIN%" >nul 2>&1
if not defined HASH goto no_hash
set "HASH=%HASH: =%"
echo %HASH%| findstr /r /x "[0-9a-f]*" >nul
if errorlevel 1 goto no_hash

echo %HASH%
set "STATUS=0"
goto end

:no_guid
chcp 65001 >nul
echo fingerprint.bat: the registry does not say this machine's MachineGuid (HKLM\SOFTWARE\Microsoft\Cryptography). 1>&2
echo fingerprint.bat：注册表没有给出本机的 MachineGuid（HKLM\SOFTWARE\Microsoft\Cryptography）。 1>&2
goto end

:no_hash
chcp 65001 >nul
echo fingerprint.bat: certutil could not compute a SHA-256 in %TEMP%: is the disk full? 1>&2
echo fingerprint.bat：certutil 未能在 %TEMP% 中计算 SHA-256：磁盘是否已满？ 1>&2

:end
if /i not "%~1"=="/nopause" pause
exit /b %STATUS%
