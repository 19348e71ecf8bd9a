'use strict';
document.querySelectorAll('.raster').forEach(function(box){
  const image=box.querySelector('img'),cross=box.querySelector('.cross'),said=box.parentNode.querySelector('output');
  const columns=+box.dataset.columns,rows=+box.dataset.rows,events=+box.dataset.events,height=+box.dataset.height;
  const series=box.dataset.series.split(' ').map(function(three){return three.split(',').map(Number)});
  let pixels=null,column=0,row=0;
  const number=function(n){return Math.round(n).toLocaleString('en')};
  function load(){
    const canvas=document.createElement('canvas');canvas.width=columns;canvas.height=rows;
    const context=canvas.getContext('2d');context.drawImage(image,0,0);
    pixels=context.getImageData(0,0,columns,rows).data;
  }
  function tell(){
    if(!pixels)load();
    column=Math.max(0,Math.min(columns-1,column));row=Math.max(0,Math.min(rows-1,row));
    const alpha=pixels[(row*columns+column)*4+3],shade=Math.round((alpha-15)/16);
    const step=height/rows,low=(rows-1-row)*step,three=series[column];
    const state=alpha<8?'not in the heap':shade<=1?'free':shade>=15?'all in use':Math.round((shade-1)/14*100)+' % in use';
    said.textContent='event '+number((column+1)*events/columns)+', bytes '+number(low)+' to '+number(low+step)+': '+state+
      '; live '+number(three[0])+', heap '+number(three[1])+', largest hole '+number(three[2]);
    cross.style.display='block';
    cross.style.left=column/columns*100+'%';cross.style.top=row/rows*100+'%';
    cross.style.width=100/columns+'%';cross.style.height=100/rows+'%';
  }
  function point(event){
    const place=box.getBoundingClientRect();
    column=Math.floor((event.clientX-place.left)/place.width*columns);
    row=Math.floor((event.clientY-place.top)/place.height*rows);tell();
  }
  box.addEventListener('pointermove',point);box.addEventListener('pointerdown',point);
  box.addEventListener('keydown',function(event){
    const far=event.shiftKey?10:1;
    const move={ArrowLeft:[-far,0],ArrowRight:[far,0],ArrowUp:[0,-far],ArrowDown:[0,far]}[event.key];
    if(move){column+=move[0];row+=move[1];tell();event.preventDefault()}
  });
  box.addEventListener('focus',function(){if(!said.textContent){column=columns>>1;row=rows>>1;tell()}});
});
document.querySelectorAll('.marks').forEach(function(box){
  const said=box.parentNode.querySelector('output'),marks=Array.from(box.querySelectorAll('rect,circle'));
  const places=marks.map(function(mark){const x=mark.x||mark.cx,y=mark.y||mark.cy;return [x.baseVal.valueInSpecifiedUnits,y.baseVal.valueInSpecifiedUnits]});
  const along=function(first){return marks.map(function(_,place){return place}).sort(function(a,b){
    return places[a][first]-places[b][first]||places[a][1-first]-places[b][1-first]})};
  const rows=+box.dataset.rows,across=along(rows?1:0),down=along(rows?0:1);
  let now=-1;
  function tell(place){
    if(0<=now)marks[now].classList.remove('at');
    now=place;marks[now].classList.add('at');said.textContent=marks[now].querySelector('title').textContent;
  }
  function point(event){const place=marks.indexOf(event.target);if(0<=place)tell(place)}
  box.addEventListener('pointermove',point);box.addEventListener('pointerdown',point);
  box.addEventListener('keydown',function(event){
    const move={ArrowLeft:[across,-1],ArrowRight:[across,1],ArrowUp:[down,-1],ArrowDown:[down,1]}[event.key];
    if(!move||!marks.length)return;
    const place=move[0].indexOf(now)+move[1];
    tell(move[0][Math.max(0,Math.min(marks.length-1,place))]);event.preventDefault();
  });
  box.addEventListener('focus',function(){if(now<0&&marks.length)tell(across[0])});
});
