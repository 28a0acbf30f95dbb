console.log('hitless');
